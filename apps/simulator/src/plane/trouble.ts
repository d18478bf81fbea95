import type { Plane } from './plane';

/** What goes wrong at a moment, rather than at an append or a delivery: planned at the start, from the seed. */
export function scheduleTrouble(plane: Plane): void {
  const { scheduler, faults, scenario, processes, machines } = plane;
  const { crashes, outages, outageMs, clockJumps, jumpMs, agentRestarts, machineDeaths } = scenario.profile;
  const chance = plane.chance.fork('trouble');
  const often = (times: number, name: string, work: () => void): void => {
    for (let time = 0; time < times; time += 1) {
      scheduler.after(chance.between(2_000, scenario.chaosMs), () => {
        if (!faults.active) return;
        faults.count(name);
        work();
      });
    }
  };
  often(crashes, 'crash at any moment', () => chance.pick(processes).crash());
  often(outages, 'outage', () => plane.storeDown(chance.between(200, outageMs)));
  often(clockJumps, 'clock jump', () => scheduler.clock.advance(chance.between(1_000, jumpMs)));
  if (machines.length === 0) return;
  often(agentRestarts, 'agent restart', () => {
    const machine = chance.pick(machines);
    machine.stopAgent();
    scheduler.after(chance.between(500, 8_000), () => machine.startAgent());
  });
  often(machineDeaths, 'machine death', () => {
    const machine = chance.pick(machines);
    machine.powerOff();
    scheduler.after(chance.between(1_000, 60_000), () => machine.powerOn());
  });
}
