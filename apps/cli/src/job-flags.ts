import type { Command } from 'commander';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The flags that `run`, `plan` and `eta` share. */
export const withJobFlags = (command: Command): Command =>
  command
    .option('--name <name>', 'DNS label; default: the command')
    .option('--project <project>', 'what the cost is attributed to')
    .option('--gpu <gpus>', 'count, MODEL:count, or 0.25xMODEL; 0 for none', '0')
    .option('--cpu <cores>', 'CPU cores')
    .option('--memory <size>', 'memory, for example 4GiB')
    .option('--nodes <count>', 'nodes of a gang, all or none')
    .option('--simulated', 'run on simulated nodes (labelled; nothing real runs)')
    .option('--duration <time>', 'how long a simulated job lasts, for example 30s')
    .option('--source <source>', 'owned, leased or shared; repeat for more', collect)
    .option('--budget <money>', 'hard limit, for example "2.00 USD"')
    .option('--max-price <price>', 'per GPU-hour, for example "2.50 USD"')
    .option('--max-runtime <time>', 'per attempt, for example 30m')
    .option('--priority <0-100>', 'higher goes first; 50 is usual')
    .option('--queue <queue>', 'whose quota it uses; see `solyx queue list`')
    .option('--spot', 'stopped with notice whenever others need the room')
    .option('--deadline <when>', 'wanted done by then: 6h from now, or 2027-01-31T18:00Z')
    .option('--min-runtime <time>', 'not preempted before it has run so long')
    .option('--nodes-min <count>', 'the gang may start with this many of --nodes')
    .option('--topology <level>', 'all within one node, island, rack or site')
    .option('--mig <profile>', 'a MIG slice of each GPU, for example 1g.10gb')
    .option('--sharing <way>', 'on GPUs shared so: spatial or time-sliced')
    .option('--env <NAME=value>', 'environment; repeat for more', collect)
    .option('--workdir <path>', 'folder to run in; default: this one');
