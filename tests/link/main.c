#include <stddef.h>
#include <stdio.h>

void imageio_link_ids(unsigned char *buffer, size_t len);

int main(void) {
    static unsigned char buffer[4096];
    imageio_link_ids(buffer, sizeof buffer);
    puts((const char *)buffer);
    return 0;
}
