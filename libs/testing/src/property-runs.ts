/**
 * How often a property is tried: as often as every day allows, or `SOLYX_PROPERTY_SCALE` times that, before a release
 * or where something is suspected.
 */
export const propertyRuns = (everyDay: number): { readonly numRuns: number } => {
  const scale = Number(process.env['SOLYX_PROPERTY_SCALE'] ?? '1');
  return { numRuns: everyDay * (Number.isInteger(scale) && scale >= 1 ? scale : 1) };
};
