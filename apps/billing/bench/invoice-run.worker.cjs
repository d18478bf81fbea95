/**
 * Issues the invoice of every period that was closed, as the service does: told of each close, some at a time. Says how
 * many are issued; may be killed at any moment and started again.
 */
require('reflect-metadata');
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
  let done = 0;
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
    done += 1;
    if (done % 50 === 0) process.send({ done });
  };
  for await (const event of log.readAll({ prefixes: ['billing.account-'] })) {
    if (event.type !== 'billing.account.period-closed') continue;
    const work = issue(event).finally(() => running.delete(work));
    running.add(work);
    if (running.size >= AT_ONCE) await Promise.race(running);
  }
  await Promise.all(running);
  await log.close();
  const { user, system } = process.cpuUsage();
  process.send({ done, finished: true, cpuMs: (user + system) / 1_000 });
  process.disconnect();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
