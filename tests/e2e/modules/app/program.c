#include <library.h>

int main(void) { return LIBRARY; }
