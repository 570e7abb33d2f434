// Writes a file into the working directory, and prints who owns it.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  struct stat status;
  int file = open("state", O_CREAT | O_EXCL | O_WRONLY, 0600);
  if (file < 0 || write(file, "1", 1) != 1 || fstat(file, &status) != 0) {
    perror("state");
    return 1;
  }
  printf("user %d:%d, file of %d:%d\n", getuid(), getgid(), status.st_uid, status.st_gid);
  return 0;
}
