import { main } from './program';

/** Everything is said by then; a socket that closes slowly is no reason to stay. */
const leave = (): void => {
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
};

void main(process.argv.slice(2), process.env).then(leave);
