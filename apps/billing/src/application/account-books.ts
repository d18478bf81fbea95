import { Injectable } from '@nestjs/common';
import { Streams } from '@solyx/eventing';
import { accountDecider } from '../domain/account';
import type { BookAssignment } from '../domain/rating/rate-card';

/** Which books rate an account, and from when on. */
@Injectable()
export class AccountBooks {
  constructor(private readonly streams: Streams) {}

  async of(organizationId: string): Promise<readonly BookAssignment[]> {
    const { state } = await this.streams.known(accountDecider, organizationId);
    return state.assignments;
  }
}
