/**
 * Issues the invoice of every period that was closed, as the service does: told of each close that was not handled
 * before, some at a time. May be killed at any moment and started again.
 */
require('reflect-metadata');
const { once } = require('node:events');
const { Logger } = require('@nestjs/common');
const { SystemClock } = require('@solyx/kernel');
const eventing = require('@solyx/eventing');
const billing = require('../dist/index.js');

Logger.overrideLogger(false);
const AT_ONCE = 24;

async function main() {
  const log = new eventing.EventStoreLog(process.env.STORE_URL);
  const streams = new eventing.Streams(log);
  const clock = new SystemClock();
  const issuing = new billing.IssueInvoicesProcess(
    streams,
    new billing.AccountCharges(streams),
    new billing.AccountProfiles(streams),
    new billing.DocumentNumbers(streams, clock),
    new billing.FileCustomerDirectory(streams, undefined),
    new billing.NoTaxSource(),
    new billing.InvoiceCredits(streams, clock),
    clock,
  );
  const running = new Set();
  const issue = async (event) => {
    for (;;) {
      const error = await issuing.issue(event).then(
        () => undefined,
        (thrown) => thrown,
      );
      if (!error) break;
      if (!error.retryable) throw error;
    }
    // As a bus is told of what was handled: what it was not told of, it delivers again.
    process.send({ handled: event.id });
  };
  const [handled] = await once(process, 'message');
  const before = new Set(handled);
  for await (const event of log.readAll({ prefixes: ['billing.account-'], raw: true })) {
    if (event.type !== 'billing.account.period-closed' || before.has(event.id)) continue;
    const work = issue(event).finally(() => running.delete(work));
    running.add(work);
    if (running.size >= AT_ONCE) await Promise.race(running);
  }
  await Promise.all(running);
  await log.close();
  process.send({ finished: true });
  process.disconnect();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
