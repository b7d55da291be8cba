/* PID 1 of the smallest machines. It says that it is ready, and ends when it is told to, as a systemd would: by the
 * same signals. Words that it is called with change that. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define HALT (SIGRTMIN + 3)
#define POWER_OFF (SIGRTMIN + 4)
#define REBOOT (SIGRTMIN + 5)

static void say(const char *message) {
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (!path || strlen(path) >= sizeof address.sun_path)
		return;
	strcpy(address.sun_path, path);
	if (*path == '@')
		*address.sun_path = 0;
	int channel = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sendto(channel, message, strlen(message), 0, (struct sockaddr *)&address,
	       offsetof(struct sockaddr_un, sun_path) + strlen(path));
	close(channel);
}

/* Never has enough memory. */
static void grow(void) {
	if (fork())
		return;
	for (;;) {
		char *piece = malloc(1 << 20);
		if (piece)
			memset(piece, 1, 1 << 20);
	}
}

static int has(char **words, const char *word) {
	for (; *words; words++)
		if (!strcmp(*words, word))
			return 1;
	return 0;
}

/* What a signal makes of the machine. */
static void hear(int number, char **words) {
	switch (number) {
	case SIGCHLD:
		while (waitpid(-1, NULL, WNOHANG) > 0) {}
		if (has(words, "greedy"))
			grow();
		return;
	case SIGUSR1: /* It crashes. */
		_exit(70);
	case SIGHUP: /* It looks for something in its root that it has not looked at before. */
		say("STATUS=looks around");
		close(open("/etc/nothing", O_RDONLY));
		return;
	}
	if (has(words, "deaf"))
		return;
	say("STOPPING=1");
	if (number == REBOOT)
		reboot(RB_AUTOBOOT);
	if (number == POWER_OFF)
		reboot(RB_POWER_OFF);
	_exit(0);
}

int main(int count, char **words) {
	(void)count;
	const int heard[] = {HALT, POWER_OFF, REBOOT, SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD};
	sigset_t set;
	sigemptyset(&set);
	for (size_t index = 0; index < sizeof heard / sizeof *heard; index++)
		sigaddset(&set, heard[index]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (has(words, "crash"))
		_exit(70);
	if (!has(words, "unready"))
		say("READY=1");
	if (has(words, "crash-when-ready"))
		_exit(70);
	if (has(words, "greedy"))
		grow();
	for (;;) {
		struct signalfd_siginfo info;
		if (read(signals, &info, sizeof info) == sizeof info)
			hear((int)info.ssi_signo, words);
	}
}
