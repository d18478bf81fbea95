export { HOST, answers, describe, freePort, isFree, portOwner } from './ports.cjs';
