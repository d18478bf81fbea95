const META = '$$';

export const isMetastream = (stream: string): boolean => stream.startsWith(META);
export const metastreamOf = (stream: string): string => META + stream;
/** The stream whose state this one shares: a metastream belongs to the stream that it describes. */
export const baseOf = (stream: string): string => (isMetastream(stream) ? stream.slice(META.length) : stream);
export const isSystemStream = (stream: string): boolean => stream.startsWith('$');

const STREAM_NAME_BYTES_MAX = 1024;

/** Why nothing can be written to a stream of this name, or undefined. Names are index keys, hence their bound. */
export function nameFault(stream: string): string | undefined {
  if (stream === '') return 'a stream needs a name';
  if (stream.includes('\0')) return 'a stream name cannot hold the character NUL';
  if (stream.length > STREAM_NAME_BYTES_MAX || Buffer.byteLength(stream) > STREAM_NAME_BYTES_MAX) {
    return `a stream name is at most ${STREAM_NAME_BYTES_MAX} bytes long`;
  }
  if (stream === '$all') return '$all is the whole log: append to a stream';
  if (isMetastream(baseOf(stream))) return 'a metadata stream has no metadata of its own';
  return undefined;
}

/** Records that a real server keeps for itself and never shows in `$all`. */
export const isHiddenFromAll = (stream: string): boolean =>
  stream.startsWith('$') &&
  (stream === '$epoch-information' ||
    (stream.startsWith('$persistentsubscription-$all::') &&
      (stream.endsWith('-checkpoint') || stream.endsWith('-parked'))));
