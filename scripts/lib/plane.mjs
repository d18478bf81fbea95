export { ROOT, isAlive, runCommand, startPlane, until } from './plane.cjs';
