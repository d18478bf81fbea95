const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  // Zones are few; one format each is made once, because making it is what takes long.
  const made = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  formats.set(zone, made);
  return made;
}

/** The day of an instant by the calendar of an IANA time zone: `2026-01-31`. */
export const dayIn = (iso: string, zone: string): string =>
  zone === 'UTC' ? iso.slice(0, 10) : formatOf(zone).format(new Date(iso));
