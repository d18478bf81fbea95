import { Injectable } from '@nestjs/common';
import { Views } from '@solyx/eventing';
import { nodeUseView, usedUntil } from './node-use.projection';

/** How much of a node was used until an instant: thousandths of a GPU × milliseconds, as text. */
@Injectable()
export class NodeUses {
  constructor(private readonly views: Views) {}

  /** As the view stood then; what it had not heard by then is counted with the next time. */
  async until(nodeId: string, at: string): Promise<string> {
    const row = await this.views.get(nodeUseView, nodeId, { time: at });
    return row ? usedUntil(row, at).toString() : '0';
  }
}
