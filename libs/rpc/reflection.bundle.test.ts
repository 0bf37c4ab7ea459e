/** Reflection as it runs: from the bundle, with its entry and the descriptors beside it. */
import { spawn } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServerReflectionService } from '#proto/grpc/reflection/v1/reflection.ts'
import { bundle } from '../../scripts/build/bundle.ts'
import { connectUnix } from './connect.ts'

const ROOT = join(import.meta.dirname, '../..')
const LATE_LIMIT_BYTES = 200 * 1024
let dir = ''
let lateBytes = 0
let end: () => void = () => undefined

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-reflection-'))
  await bundle(ROOT, dir, { name: 'server', file: 'libs/rpc/testing-server.ts' })
  const late = await bundle(ROOT, dir, { name: 'reflection.late', file: 'libs/rpc/reflection.late.ts' })
  lateBytes = late.sizeBytes
  await cp(join(ROOT, 'libs/proto/descriptors.binpb'), join(dir, 'descriptors.binpb'))
  const server = spawn(process.execPath, [join(dir, 'server.mjs'), join(dir, 's/s.sock')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  end = () => server.kill('SIGKILL')
  await new Promise<void>((resolve, reject) => {
    server.stdout.once('data', () => resolve())
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
})

afterAll(async () => {
  end()
  await rm(dir, { recursive: true, force: true })
})

describe('reflection of a bundle', () => {
  it('answers with the entry that lies beside it', async () => {
    const client = connectUnix(join(dir, 's/s.sock'))
    const stream = client.bidiStream(ServerReflectionService.serverReflectionInfo, AbortSignal.timeout(5000))
    stream.send({ host: '', messageRequest: { $case: 'fileContainingSymbol', value: 'nodedoctor.v1.Detector' } })
    for await (const { messageResponse } of stream.responses) {
      expect(messageResponse).toMatchObject({
        $case: 'fileDescriptorResponse',
        value: { fileDescriptorProto: { length: 3 } },
      })
      break
    }
    client.close()
  })

  it('has no second gRPC and no loader of .proto files in that entry', () => {
    expect(lateBytes).toBeGreaterThan(1024)
    expect(lateBytes).toBeLessThan(LATE_LIMIT_BYTES)
  })
})
