import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { createGzip, gunzip } from 'node:zlib';
import { z } from 'zod';
import type { CategoryRecord, NeedRecord, ScoringProfile, ServiceRecord } from '../matching/index.ts';
import type { LoadedNeed } from './need-records.store.ts';
import { weightsSchema } from './scoring-profile.ts';

/** What is in the input of a run beside the two lists. */
export type InputFrame = {
  readonly profile: ScoringProfile['weights'];
  readonly candidatesPerNeed: number;
  readonly utcOffsetMinutes: number;
  readonly categories: readonly CategoryRecord[];
};

/** A need as the core was given it. */
export type RecordedNeed = Pick<LoadedNeed, 'record' | 'urgency' | 'triedServices'>;

/** Everything that the core was given in a run. */
export type RecordedInput = InputFrame & {
  readonly services: readonly ServiceRecord[];
  readonly needs: readonly RecordedNeed[];
};

/** The recorded input of a run: the bytes, gzipped, and their SHA-256, hexadecimal. */
export type InputRecording = { readonly content: Uint8Array<ArrayBuffer>; readonly digest: string };

/**
 * Records what the core is given as it is given: one line of JSON for the frame, then one for each service, then one for
 * each need. The digest is that of the lines, so it can be taken again of what is kept. Compresses beside the event loop.
 */
export class InputRecorder {
  readonly #digest = createHash('sha256');
  readonly #gzip = createGzip({ level: 3 });
  readonly #chunks: Buffer[] = [];

  constructor({ profile, candidatesPerNeed, utcOffsetMinutes, categories }: InputFrame) {
    this.#gzip.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#write(line({ profile, candidatesPerNeed, utcOffsetMinutes, categories }));
  }

  /** @returns the lines as they were recorded */
  services(services: readonly ServiceRecord[]): Buffer {
    return this.#write(services.map(line).join(''));
  }

  needs(needs: readonly RecordedNeed[]): void {
    this.#write(needs.map(({ record, urgency, triedServices }) => line([record, urgency, triedServices])).join(''));
  }

  /** Ends the recording; nothing may be recorded after. */
  async end(): Promise<InputRecording> {
    const ended = new Promise((resolve, reject) => this.#gzip.once('end', resolve).once('error', reject));
    this.#gzip.end();
    await ended;
    return { content: new Uint8Array(Buffer.concat(this.#chunks)), digest: this.#digest.digest('hex') };
  }

  #write(lines: string): Buffer {
    const bytes = Buffer.from(lines);
    this.#digest.update(bytes);
    this.#gzip.write(bytes);
    return bytes;
  }
}

const frameSchema = z.object({
  profile: weightsSchema,
  candidatesPerNeed: z.int(),
  utcOffsetMinutes: z.int(),
  categories: z.array(z.unknown()),
});

/**
 * Reads a recording back.
 *
 * @returns the input and the digest of what was read
 * @throws for bytes that no `InputRecorder` wrote
 */
export async function readRecording(content: Uint8Array): Promise<RecordedInput & { readonly digest: string }> {
  const bytes = await promisify<Uint8Array, Buffer>(gunzip)(content);
  const digest = createHash('sha256').update(bytes).digest('hex');
  const [first, ...rest] = bytes.toString().split('\n').slice(0, -1);
  const frame = frameSchema.parse(JSON.parse(first!));
  const firstNeed = rest.findIndex((text) => text.startsWith('['));
  const services = firstNeed === -1 ? rest : rest.slice(0, firstNeed);
  const needs = firstNeed === -1 ? [] : rest.slice(firstNeed);
  return {
    ...frame,
    categories: frame.categories as readonly CategoryRecord[],
    services: services.map((text) => JSON.parse(text) as ServiceRecord),
    needs: needs.map((text) => {
      const [record, urgency, triedServices] = JSON.parse(text) as [NeedRecord, number, readonly string[]];
      return { record, urgency, triedServices };
    }),
    digest,
  };
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
