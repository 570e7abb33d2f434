// Greets the user by name: what a dynamically linked C program finds in the image.
#include <math.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *root(void *number) {
  double *value = number;
  *value = sqrt(*value);
  return NULL;
}

int main(void) {
  const struct passwd *user = getpwuid(getuid());
  printf("hello %s of %s\n", user ? user->pw_name : "nobody I know", user ? user->pw_dir : "nowhere");

  double value = 2;
  pthread_t thread;
  if (pthread_create(&thread, NULL, root, &value) || pthread_join(thread, NULL)) {
    perror("thread");
    return EXIT_FAILURE;
  }
  printf("the root of two is %.3f\n", value);

  // Through /etc/nsswitch.conf and /etc/services.
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
  int error = getaddrinfo("localhost", "https", &hints, &found);
  if (error) {
    fprintf(stderr, "localhost: %s\n", gai_strerror(error));
    return EXIT_FAILURE;
  }
  char host[64], port[16];
  getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  freeaddrinfo(found);
  printf("https on localhost is %s:%s\n", host, port);
  return EXIT_SUCCESS;
}
