"""Who may load the files of //private: the packages of images, and tests. Examples load only //rules."""

visibility([
    "//private/...",
])

IMAGES_AND_TESTS = [
    "//base",
    "//cc",
    "//java",
    "//nodejs",
    "//private/...",
    "//python3",
    "//static",
    "//tests/...",
]
