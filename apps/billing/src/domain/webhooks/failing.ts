const DAY_MS = 86_400_000;
/** Days of failure after which the owner is told; after the last the endpoint is disabled. */
export const NOTICE_DAYS = [1, 3, 5] as const;
export type NoticeDays = (typeof NOTICE_DAYS)[number];
export const DISABLE_AFTER_DAYS: NoticeDays = 5;

/** The notice that is due after failing since then, and was not given; the latest, where several are. */
export function noticeDue(failingSince: number, now: number, given: number): NoticeDays | undefined {
  const due = NOTICE_DAYS.filter((days) => days > given && now - failingSince >= days * DAY_MS);
  return due[due.length - 1];
}
