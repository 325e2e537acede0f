// Loaded into weir before its own code (node --import): at SIGUSR2 V8 gives back all it can, so that what is left is in use.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  collect();
  setImmediate(() => {
    collect();
    process.stderr.write('soak: heap collected\n');
  });
});
