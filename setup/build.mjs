// npm run build: all set-up and the build, nothing run.
import { buildProbe } from './steps.mjs';

buildProbe();
