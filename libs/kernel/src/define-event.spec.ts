import { accept, fold, refuse } from './decider';
import { defineEvent, partsOfType, upcast, type Upcaster } from './define-event';
import { ERROR_CODES, SolyxError } from './errors';

class Lent {
  readonly gpus!: number;
}

const addSharing: Upcaster = (v1) => ({ ...v1, sharing: 'exclusive' });
const renameGpus: Upcaster = ({ gpus, ...rest }) => ({ ...rest, count: gpus });

describe('defineEvent', () => {
  it('makes events, and knows their shape', () => {
    const made = defineEvent('drm.node.gpus-lent', 1, Lent);
    expect(made({ gpus: 2 })).toEqual({ type: 'drm.node.gpus-lent', data: { gpus: 2 } });
    expect({ ...made }).toEqual({ type: 'drm.node.gpus-lent', version: 1, schema: Lent, upcasters: [] });
  });

  it.each([
    'drm.node',
    'drm.node.',
    'Drm.node.lent',
    'drm.node.Lent',
    'drm.node.gpus_lent',
    'a.b.c.d',
    'drm.no-de.lent',
    '',
  ])('refuses to load the name "%s"', (name) =>
    expect(() => defineEvent(name, 1, Lent)).toThrow('is not <context>.<aggregate>.<fact>'),
  );

  it.each([
    [2, []],
    [1, [addSharing]],
    [3, [addSharing]],
  ])('refuses to load version %i with the upcasters %p', (version, upcasters) => {
    expect(() => defineEvent('drm.node.lent', version, Lent, upcasters)).toThrow('upcasters');
  });

  it('reads each older version as the newest', () => {
    const lent = defineEvent('drm.node.lent', 3, Lent, [addSharing, renameGpus]);
    expect(upcast(lent, 1, { gpus: 2 })).toEqual({ count: 2, sharing: 'exclusive' });
    expect(upcast(lent, 2, { gpus: 2, sharing: 'mig' })).toEqual({ count: 2, sharing: 'mig' });
    expect(upcast(lent, 3, { count: 2 })).toEqual({ count: 2 });
  });

  it('knows the parts of a name', () => {
    expect(partsOfType('cmo.job.task-started')).toEqual({ context: 'cmo', aggregate: 'job', fact: 'task-started' });
  });
});

describe('decisions', () => {
  it('are values', () => {
    const event = { type: 'a', data: 1 };
    expect(accept(event)).toEqual({ accepted: true, events: [event] });
    expect(accept()).toEqual({ accepted: true, events: [] });
    expect(refuse('Full', { gpus: 8 })).toEqual({ accepted: false, reason: 'Full', details: { gpus: 8 } });
  });

  it('fold into a state, from the beginning or from a state', () => {
    const counter = { initial: 0, evolve: (sum: number, { data }: { type: string; data: number }) => sum + data };
    const events = [1, 2, 3].map((data) => ({ type: 'added', data }));
    expect(fold(counter, events)).toBe(6);
    expect(fold(counter, events, 10)).toBe(16);
  });
});

describe('SolyxError', () => {
  it.each(Object.entries(ERROR_CODES))('%s says what to do next', (code, { http, retryable, hint }) => {
    const error = new SolyxError(code as keyof typeof ERROR_CODES, 'text', { id: 'x' });
    expect(error).toMatchObject({ http, retryable, hint, reason: code });
    expect(hint.length).toBeGreaterThan(10);
    expect(error.toJSON()).toEqual({ code, reason: code, message: 'text', hint, details: { id: 'x' } });
  });

  it('keeps the cause of a stranger, and itself as it is', () => {
    const cause = new TypeError('boom');
    expect(SolyxError.from(cause)).toMatchObject({ code: 'Internal', retryable: false, cause });
    expect(SolyxError.from('text').message).toContain('text');
    const own = new SolyxError('NotFound', 'gone', {}, { hint: 'Look elsewhere.', reason: 'JobUnknown' });
    expect(SolyxError.from(own)).toBe(own);
    expect(own).toMatchObject({ hint: 'Look elsewhere.', reason: 'JobUnknown' });
  });
});
