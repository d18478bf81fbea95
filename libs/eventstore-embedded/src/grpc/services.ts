import type { EventLog } from '../log/event-log';
import type { AppendAnswer, AppendRequest } from '../log/appender';
import type { Access } from '../security/access';
import type { User } from '../security/users';
import type { OpenCalls } from './open-calls';

/** What the handlers of calls share. */
export class Services {
  constructor(
    readonly log: EventLog,
    readonly access: Access,
    readonly calls: OpenCalls,
    /** Limit of one append: data, metadata, and two bytes per character of type. */
    readonly appendBytesMax: number,
  ) {}

  append(request: AppendRequest, user: User): Promise<AppendAnswer> {
    if (this.access.isOpen) return this.log.appender.append(request);
    return this.access.demand(user, 'write', request.stream).then(() => this.log.appender.append(request));
  }
}
