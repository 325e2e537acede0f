// A container that asks what it is told to, when it is told to: orders come through a FIFO in its own file system.
import { existsSync, promises } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const shell = ['/bin/busybox', 'sh', '-c'];
const asks = '/bin/busybox mkfifo /tmp/orders; while read url < /tmp/orders; do /bin/wget -q -O /dev/null "$url"; done';

/** Command of such a container: each order is an URL that a process `wget` of its own asks. */
export const asksOnOrder = [...shell, asks];

/** The same with a server of its own, `httpd` at port 8080. */
export const servesAndAsks = [...shell, `/bin/httpd -p 8080 -h /; ${asks}`];

/** Orders a request; resolves when the container has taken the order. */
export async function order({ pid }: { pid: number }, url: string): Promise<void> {
  const fifo = `/proc/${pid}/root/tmp/orders`;
  for (let tries = 0; !existsSync(fifo); tries++) {
    if (tries > 500) throw new Error(`the container of process ${pid} takes no orders`);
    await delay(20);
  }
  await promises.writeFile(fifo, `${url}\n`);
}
