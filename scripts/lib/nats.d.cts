export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}
export function findOrInstallNatsServer(dataDir: string, log?: (line: string) => void): Promise<string>;
export function startNats(options: {
  readonly binary: string;
  readonly configPath: string;
  readonly port: number;
  readonly log?: (line: string) => void;
}): Promise<NatsServer>;
