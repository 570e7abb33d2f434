"""Suggestions for misspelled names."""

visibility("//rules/...")

# Letters that two names need to have in common.
_MIN_COMMON = 3
_MAX_SUGGESTIONS = 5

def _common_prefix(a, b):
    for index in range(min(len(a), len(b))):
        if a[index] != b[index]:
            return index
    return min(len(a), len(b))

def similar_names(name, names):
    """Finds names that contain `name`, are contained in it, or begin alike.

    Args:
      name: string, the name that was not found.
      names: list of strings to choose from.

    Returns:
      A list of up to five strings, the most similar first.
    """
    ranked = []
    for other in names:
        common = _common_prefix(name, other)
        if name in other or other in name:
            common += len(name)
        if common >= _MIN_COMMON:
            ranked.append((-common, abs(len(name) - len(other)), other))
    return [other for _, _, other in sorted(ranked)[:_MAX_SUGGESTIONS]]
