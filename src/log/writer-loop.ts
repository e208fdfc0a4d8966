import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type ErrorShape, toShape } from './error-shape.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Log } from './open.ts';
import type {
  CommandResult,
  ExecuteMessage,
  RebuildMessage,
  WriterReply,
  WriterRequest,
} from './writer-messages.ts';

/** Commands that share a transaction at most: what comes later waits for the next one. */
export const BATCH_COMMANDS_MAX = 256;

/** Bytes of transferred buffers after which a batch is closed. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;

interface WriterLoopParts {
  readonly port: MessagePort;
  readonly log: Log;
  readonly groupCommit: GroupCommit;
  readonly afterBatch: () => void;
  readonly close: () => void;
}

/**
 * Takes what has come in on the port as one batch, commits it, answers all of it in one message, and takes what
 * came in meanwhile. Requests are served in the order in which they were sent.
 */
export class WriterLoop {
  readonly #parts: WriterLoopParts;

  constructor(parts: WriterLoopParts) {
    this.#parts = parts;
  }

  /** Serves from here on until it is asked to close. */
  start(): void {
    this.#parts.port.on('message', (request: WriterRequest) => this.#serve(request));
  }

  #serve(first: WriterRequest): void {
    let request: WriterRequest | undefined = first;
    while (request !== undefined) {
      if (request.kind === 'execute') {
        request = this.#runBatchFrom(request);
        continue;
      }
      if (request.kind === 'rebuild') this.#rebuild(request);
      else this.#parts.close();
      return;
    }
  }

  /** Runs a batch that starts with `first`; returns the request it met that is no command, if any. */
  #runBatchFrom(first: ExecuteMessage): WriterRequest | undefined {
    const batch = [first];
    let bytes = first.bytes;
    let other: WriterRequest | undefined;
    while (batch.length < BATCH_COMMANDS_MAX && bytes < BATCH_BYTES_MAX) {
      const next = receiveMessageOnPort(this.#parts.port)?.message as WriterRequest | undefined;
      if (next?.kind !== 'execute') {
        other = next;
        break;
      }
      batch.push(next);
      bytes += next.bytes;
    }
    this.#commit(batch);
    return other;
  }

  #commit(batch: readonly ExecuteMessage[]): void {
    const outcomes = this.#parts.groupCommit.runBatch(batch.map(({ command }) => command));
    const results = batch.map(({ id }, index): CommandResult => {
      const outcome = outcomes[index];
      if (outcome?.ok) return { id, value: outcome.value };
      return { id, error: toShape(outcome?.error) };
    });
    this.#answer(results);
    this.#parts.afterBatch();
  }

  #rebuild({ id, name }: RebuildMessage): void {
    try {
      this.#parts.log.rebuild(name);
      this.#answer([{ id, value: undefined }]);
    } catch (error) {
      this.#answer([{ id, error: toShape(error) }]);
    }
    this.#parts.afterBatch();
  }

  #answer(results: readonly CommandResult[]): void {
    try {
      this.#post({ kind: 'results', results });
    } catch {
      // One value that cannot be cloned must not take its neighbours' answers along.
      for (const result of results) this.#answerOne(result);
    }
  }

  #answerOne(result: CommandResult): void {
    try {
      this.#post({ kind: 'results', results: [result] });
    } catch (cause) {
      const error: ErrorShape = toShape(new Error('a handler returned what cannot be cloned', { cause }));
      this.#post({ kind: 'results', results: [{ id: result.id, error }] });
    }
  }

  #post(reply: WriterReply): void {
    this.#parts.port.postMessage(reply);
  }
}
