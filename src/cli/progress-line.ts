import { stdout } from 'node:process';

/** One line that is written over while work goes on; where the output is no terminal only the last state is written. */
export function progressLine() {
  return {
    show: (text: string): void => {
      if (stdout.isTTY) stdout.write(`\r\u001b[2K${text}`);
    },
    done: (text: string): void => {
      stdout.write(`${stdout.isTTY ? '\r\u001b[2K' : ''}${text}\n`);
    },
  };
}
