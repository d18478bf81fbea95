import { consistencyPath, EMPTY_FRONTIER, appendLeaf, leafHash, rootOf, type LeafRange } from '@solyx/kernel';
import { TreeHeadSigned } from '@solyx/contracts/billing';
import { given } from '@solyx/testing';
import { LOG_ID, signedTextOf, treeHeadDecider } from './tree-head';

const PUBLIC_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';

const rootFrom = ({ from, to }: LeafRange, text = 'event'): string => {
  let frontier = EMPTY_FRONTIER;
  for (let at = from; at < to; at += 1) frontier = appendLeaf(frontier, leafHash(`${text} ${at}`));
  return rootOf(frontier);
};

const head = (size: number, text = 'event') => ({
  logId: LOG_ID,
  size,
  rootHash: rootFrom({ from: 0, to: size }, text),
  position: String(size * 100),
  consistency: [] as readonly string[],
  keyId: '21fe31dfa154a261',
  publicKey: PUBLIC_KEY,
  signature: '0'.repeat(128),
  at: '2026-01-01T00:00:00.000Z',
});

const sign = (older: number, size: number, text = 'event') => ({
  type: 'SignHead' as const,
  data: { ...head(size, text), consistency: consistencyPath(older, size).map((range) => rootFrom(range, text)) },
});

describe('Heads of the log', () => {
  it('begin with the first', () =>
    given(treeHeadDecider)()
      .when(sign(0, 5))
      .then(TreeHeadSigned(head(5))));

  it('follow one another where the newer tree begins with the older', () => {
    const { data } = sign(5, 13);
    const previous = { size: 5, rootHash: head(5).rootHash };
    given(treeHeadDecider)(TreeHeadSigned(head(5)))
      .when({ type: 'SignHead', data })
      .then(TreeHeadSigned({ ...data, previous }));
  });

  it('are not signed over another past', () => {
    given(treeHeadDecider)(TreeHeadSigned(head(5)))
      .when(sign(5, 13, 'other event'))
      .thenRefused('TreeForked');
    given(treeHeadDecider)(TreeHeadSigned(head(5)))
      .when(sign(5, 5, 'other event'))
      .thenRefused('TreeForked');
  });

  it('are signed once, and never go back', () => {
    given(treeHeadDecider)(TreeHeadSigned(head(5)))
      .when(sign(0, 5))
      .thenNothing();
    given(treeHeadDecider)(TreeHeadSigned(head(5)))
      .when(sign(0, 4))
      .thenNothing();
  });

  it('are kept in snapshots as they are', () => {
    const { snapshot } = treeHeadDecider;
    expect(snapshot?.fromJson(JSON.parse(JSON.stringify(snapshot.toJson(head(5)))))).toEqual(head(5));
    expect(snapshot?.fromJson(JSON.parse(JSON.stringify(snapshot.toJson(undefined))))).toBeUndefined();
  });

  it('are signed as a text of five lines', () => {
    expect(signedTextOf({ ...head(1), rootHash: '00'.repeat(32) })).toBe(
      'solyx/main\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nposition 100\nsigned 2026-01-01T00:00:00.000Z\n',
    );
  });
});
