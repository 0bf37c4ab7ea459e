/**
 * Serves a file system on descriptor 3 (/dev/fuse) with one file, `a.log`, that holds "one\n" and hangs once that was
 * read: `read` never answers for what comes behind it, `stat` for the file itself. Run as a program by `mountStalling`.
 */
import { readSync, writeSync } from 'node:fs'

const FUSE = 3
const TEXT = Buffer.from('one\n')
const [ROOT, FILE] = [1n, 2n]
/** linux/fuse.h */
const [LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT] = [1, 2, 3, 14, 15, 18, 25, 26]
const [OPENDIR, READDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET] = [27, 28, 29, 36, 42]
const [ENOENT, ENOSYS] = [2, 38]
const FOPEN_DIRECT_IO = 1

const hangs = process.argv[2]
let wasRead = false

function attributes(node: bigint): Buffer {
  const bytes = Buffer.alloc(88)
  bytes.writeBigUInt64LE(node, 0)
  bytes.writeBigUInt64LE(node === FILE ? BigInt(TEXT.length) : 0n, 8)
  bytes.writeUInt32LE(node === FILE ? 0o100644 : 0o040755, 60)
  bytes.writeUInt32LE(1, 64)
  return bytes
}

/** An error's number; undefined where nobody is ever answered. */
function answer(code: number, node: bigint, body: Buffer): Buffer | number | undefined {
  switch (code) {
    case INIT: {
      const bytes = Buffer.alloc(64)
      bytes.writeUInt32LE(7, 0)
      bytes.writeUInt32LE(31, 4)
      bytes.writeUInt32LE(4096, 20)
      return bytes
    }
    case LOOKUP: {
      if (body.toString() !== 'a.log\0') return ENOENT
      const bytes = Buffer.alloc(40)
      bytes.writeBigUInt64LE(FILE, 0)
      return Buffer.concat([bytes, attributes(FILE)])
    }
    case GETATTR:
      if (node === FILE && hangs === 'stat' && wasRead) return undefined
      return Buffer.concat([Buffer.alloc(16), attributes(node)])
    case OPEN:
    case OPENDIR: {
      const bytes = Buffer.alloc(16)
      if (node !== ROOT) bytes.writeUInt32LE(FOPEN_DIRECT_IO, 8)
      return bytes
    }
    case READ: {
      const from = Number(body.readBigUInt64LE(8))
      if (from >= TEXT.length && hangs === 'read') return undefined
      wasRead = true
      return TEXT.subarray(from, from + body.readUInt32LE(16))
    }
    case READDIR:
    case FLUSH:
    case RELEASE:
    case RELEASEDIR:
      return Buffer.alloc(0)
    case FORGET:
    case BATCH_FORGET:
    case INTERRUPT:
      return undefined
    default:
      return ENOSYS
  }
}

const buffer = Buffer.alloc(262_144)
for (;;) {
  const request = buffer.subarray(0, readSync(FUSE, buffer))
  const found = answer(request.readUInt32LE(4), request.readBigUInt64LE(16), request.subarray(40))
  if (found === undefined) continue
  const [error, body] = typeof found === 'number' ? [-found, Buffer.alloc(0)] : [0, found]
  const head = Buffer.alloc(16)
  head.writeUInt32LE(16 + body.length, 0)
  head.writeInt32LE(error, 4)
  request.copy(head, 8, 8, 16)
  writeSync(FUSE, Buffer.concat([head, body]))
}
