export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}
export function startPostgres(options: {
  readonly dataDir: string;
  readonly port?: number;
  readonly password?: string;
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly log?: (line: string) => void;
}): Promise<PostgresServer>;
