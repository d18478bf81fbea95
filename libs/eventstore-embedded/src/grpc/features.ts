import { randomUUID } from 'node:crypto';
import { ClusterInfo, EndPoint, MemberInfo } from '@eventstore/db-client/generated/gossip_pb';
import { SupportedMethod, SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import { UUID } from '@eventstore/db-client/generated/shared_pb';

/** The EventStoreDB whose streams protocol this server speaks. */
export const SERVER_VERSION = '23.10.0';

const METHODS: readonly (readonly [service: string, method: string, features: readonly string[]])[] = [
  ['event_store.client.streams.streams', 'append', []],
  ['event_store.client.streams.streams', 'batchappend', ['deadline_duration']],
  ['event_store.client.streams.streams', 'delete', []],
  ['event_store.client.streams.streams', 'tombstone', []],
  ['event_store.client.streams.streams', 'read', ['position', 'events']],
  ['event_store.client.gossip.gossip', 'read', []],
  ['event_store.client.server_features.serverfeatures', 'getsupportedmethods', []],
];

/** What clients may call; they look here before they use anything that older servers lack. */
export function supportedMethods(): SupportedMethods {
  const methods = METHODS.map(([service, name, features]) => {
    const method = new SupportedMethod();
    method.setServiceName(service);
    method.setMethodName(name);
    method.setFeaturesList([...features]);
    return method;
  });
  const all = new SupportedMethods();
  all.setEventStoreServerVersion(SERVER_VERSION);
  all.setMethodsList(methods);
  return all;
}

/** Units of 100 ns in a millisecond. */
const TICKS_PER_MS = 10_000n;

export interface Advertised {
  readonly host: string;
  readonly port: number;
}

/** A cluster of one, which is its leader: what a client that discovers finds. */
export class Gossip {
  private readonly instanceId = randomUUID();

  constructor(private readonly advertised: () => Advertised) {}

  clusterInfo(nowMs: number): ClusterInfo {
    const { host, port } = this.advertised();
    const id = new UUID();
    id.setString(this.instanceId);
    const endpoint = new EndPoint();
    endpoint.setAddress(host);
    endpoint.setPort(port);
    const member = new MemberInfo();
    member.setInstanceId(id);
    member.setTimeStamp(String(BigInt(nowMs) * TICKS_PER_MS));
    member.setState(MemberInfo.VNodeState.LEADER);
    member.setIsAlive(true);
    member.setHttpEndPoint(endpoint);
    const info = new ClusterInfo();
    info.setMembersList([member]);
    return info;
  }
}
