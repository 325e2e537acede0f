// Who takes the flow records of the Metering Process: the exporters, one each sink.

import type { Batch } from '../native/boundary.js';

export interface BatchConsumer {
  /** False asks an offline Metering Process to wait; a live one goes on, and the consumer drops and counts. */
  readonly ready: boolean;
  /** Set by the Metering Process; called when `ready` turns true again. */
  onReady: () => void;
  /** Takes all records of the batch before it returns: the batch is used again. Never throws. */
  accept(batch: Batch): void;
}
