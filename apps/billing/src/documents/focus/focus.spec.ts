import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { focusParquet } from './focus-parquet';
it('x', async () => {
  const bytes = await focusParquet([], {
    organizationId: 'a',
    organizationName: 'A',
    periodStart: '2026-01-01T00:00:00.000Z',
    periodEnd: '2026-02-01T00:00:00.000Z',
    currency: 'USD',
    invoiceId: undefined,
    issuer: 'x',
  });
  console.log(bytes.length, parquetMetadata, parquetReadObjects);
});
