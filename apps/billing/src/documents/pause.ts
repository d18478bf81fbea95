/** Lets others have their turn: a large file is made beside everything else that its process does. */
export const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
