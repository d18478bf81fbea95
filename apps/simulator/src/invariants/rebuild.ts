import { canonicalJson, fold, type Command, type Decider, type DomainEvent } from '@solyx/kernel';
import type { ContextName } from '@solyx/eventing';
import { accountDecider, budgetDecider, priceListDecider } from '@solyx/billing';
import { dispatchDecider, jobDecider } from '@solyx/cmo';
import { leaseDecider, nodeDecider, offerDecider, partitionDecider, planDecider } from '@solyx/drm';
import { requestDecider } from '@solyx/gateway';
import { linkDecider, routeTableDecider, siteDecider } from '@solyx/sdn';
import type { Plane } from '../plane/plane';

const SAME = 'rebuilt state equals live';

type AnyDecider = Decider<Command, unknown, DomainEvent, string>;

const DECIDERS: readonly AnyDecider[] = [
  ...[accountDecider, budgetDecider, priceListDecider, dispatchDecider, jobDecider, leaseDecider, nodeDecider],
  ...[offerDecider, partitionDecider, planDecider, requestDecider, linkDecider, routeTableDecider, siteDecider],
];

/** A state as text: by its snapshot codec where it has one, maps and bigints by what they hold. */
function textOf({ snapshot }: AnyDecider, state: unknown): string {
  if (snapshot) return canonicalJson(snapshot.toJson(state));
  return JSON.stringify(state, (_, value: unknown) =>
    value instanceof Map ? [...value] : typeof value === 'bigint' ? String(value) : value,
  );
}

/** Every stream's state as its service has it now, beside the same folded from event 0; and once through a snapshot. */
export async function checkStates(plane: Plane): Promise<number> {
  let checked = 0;
  for (const decider of DECIDERS) {
    const life = plane.process(decider.name.split('.')[0] as ContextName).life;
    for (const stream of plane.log.streamNames()) {
      if (!stream.startsWith(`${decider.name}-`)) continue;
      const events = plane.log.streamNow(stream) as unknown as readonly DomainEvent[];
      const id = stream.slice(decider.name.length + 1);
      const live = await life?.streams.load(decider, id);
      const rebuilt = textOf(decider, fold(decider, events));
      if (live && textOf(decider, live.state) !== rebuilt) plane.fail(SAME, `${stream} differs from its history`);
      checkSnapshot(plane, decider, stream);
      checked += 1;
    }
  }
  return checked;
}

/** Half of the history, kept and read back, then the other half, is the whole history. */
function checkSnapshot(plane: Plane, decider: AnyDecider, stream: string): void {
  const { snapshot } = decider;
  if (!snapshot) return;
  const events = plane.log.streamNow(stream) as unknown as readonly DomainEvent[];
  const half = events.length >> 1;
  const kept = JSON.stringify(snapshot.toJson(fold(decider, events.slice(0, half))));
  const from = snapshot.fromJson(JSON.parse(kept));
  const whole = textOf(decider, fold(decider, events.slice(half), from));
  if (whole !== textOf(decider, fold(decider, events)))
    plane.fail(SAME, `${stream} differs through a snapshot at ${half}`);
}

/** Each view beside the same view folded from event 0, and each placement decision run again. */
export async function checkViews(plane: Plane): Promise<number> {
  let checked = 0;
  for (const { spec, views } of plane.processes) {
    for (const projection of spec.definition.projections) {
      const { view, liveHash, rebuiltHash } = await views.verify(projection);
      if (liveHash !== rebuiltHash) plane.fail(SAME, `the view ${view} differs from its history`);
      checked += 1;
    }
  }
  return checked;
}
