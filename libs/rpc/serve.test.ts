import { spawn, spawnSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { HealthService } from '#proto/grpc/health/v1/health.ts'
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionService,
} from '#proto/grpc/reflection/v1/reflection.ts'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix } from './connect.ts'
import { readDescriptors } from './descriptors.ts'
import { testSocket } from './testing.ts'

/** Beside this process: the server lives in it, and a blocking call would wait for itself. */
function run(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.on('close', () => resolve(out))
  })
}

/** One raw gRPC call: whatever bytes, whatever path. Resolves with the status, "" when the stream was cut. */
function rawCall(path: string, method: string, body: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2('http://localhost', { createConnection: () => connect(path) })
    const stream: ClientHttp2Stream = session.request({
      ':method': 'POST',
      ':path': method,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    let status = ''
    const note = (headers: Record<string, unknown>) => {
      status = String(headers['grpc-status'] ?? status)
    }
    stream.on('response', note)
    stream.on('trailers', note)
    stream.on('data', () => undefined)
    stream.on('error', reject)
    stream.on('close', () => {
      session.close()
      resolve(status)
    })
    stream.end(body)
  })
}

/** A gRPC message frame around these bytes. */
function framed(message: readonly number[]): Uint8Array {
  return Uint8Array.from([0, 0, 0, 0, message.length, ...message])
}

function buf(path: string, ...args: string[]): Promise<string> {
  return run('node_modules/.bin/buf', [
    'curl',
    '--protocol',
    'grpc',
    '--http2-prior-knowledge',
    '--unix-socket',
    path,
    ...args,
  ])
}

describe('a served socket', () => {
  it('is gone after close, which may be called twice', async () => {
    await using socket = await testSocket()
    const server = await socket.serve()
    await Promise.all([server.close(100), server.close(100)])
    await expect(stat(socket.path)).rejects.toThrow('ENOENT')
  })

  it('lets running calls end before it closes, and cuts those that take too long', async () => {
    await using socket = await testSocket()
    let answer = () => undefined as unknown
    const running = Promise.withResolvers<void>()
    const server = await socket.serve({
      getNode: (_call, callback) => {
        answer = () => callback(null, { node: undefined })
        running.resolve()
      },
      listMonitors: () => undefined,
    })
    const client = connectUnix(socket.path)
    const ends = client.call(DetectorService.getNode, {})
    const hangs = client.call(DetectorService.listMonitors, {})
    await running.promise
    const closed = server.close(200)
    answer()
    await expect(ends).resolves.toMatchObject({ node: undefined })
    await expect(hangs).rejects.toMatchObject({ name: 'RpcError' })
    await closed
    client.close()
  })

  it('takes no calls while it says why not, but answers health', async () => {
    await using socket = await testSocket()
    let why = 'starting'
    await socket.serve({}, { refusal: () => why, serving: () => why === '' })
    const client = connectUnix(socket.path)
    await expect(client.call(DetectorService.getNode, {})).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('starting'),
    })
    const read = async () => {
      for await (const _ of client.serverStream(DetectorService.watchNode, {}, AbortSignal.timeout(5000)));
    }
    await expect(read()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect((await client.call(HealthService.check, { service: '' })).status).toBe(2)
    why = ''
    await client.call(DetectorService.getNode, {})
    client.close()
  })

  it.each([
    ['bytes that are no message', framed([0xff, 0xff, 0xff])],
    ['a message cut off in the middle', framed([0x0a, 0x7f, 0x41])],
    ['a number over 2^53', framed([0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])],
    ['text that is not UTF-8', framed([0x0a, 0x02, 0xc3, 0x28])],
    ['a frame longer than any allowed', Uint8Array.from([0, 0xff, 0xff, 0xff, 0xff, 1])],
    ['half a frame', Uint8Array.from([0, 0])],
  ])('survives %s', async (_what, body) => {
    await using socket = await testSocket()
    await socket.serve({ check: (_call, callback) => callback(null, { report: undefined }) })
    await rawCall(socket.path, '/nodedoctor.v1.Detector/Check', body)
    const client = connectUnix(socket.path)
    await expect(client.call(DetectorService.getNode, {})).resolves.toBeDefined()
    client.close()
  })

  it('answers a handler that throws with an error, and goes on', async () => {
    await using socket = await testSocket()
    await socket.serve({
      getNode: () => {
        throw new Error('a bug')
      },
    })
    const client = connectUnix(socket.path)
    await expect(client.call(DetectorService.getNode, {})).rejects.toMatchObject({ code: 'UNKNOWN' })
    await client.call(DetectorService.listMonitors, {})
    client.close()
  })

  it('answers a method that does not exist with UNIMPLEMENTED', async () => {
    await using socket = await testSocket()
    await socket.serve()
    expect(await rawCall(socket.path, '/nodedoctor.v1.Detector/Nothing', framed([]))).toBe('12')
  })
})

describe('health', () => {
  it('says whether the process serves, for it as a whole and for each of its services', async () => {
    await using socket = await testSocket()
    let serving = false
    await socket.serve({}, { serving: () => serving })
    const client = connectUnix(socket.path)
    const ask = async (service: string) => (await client.call(HealthService.check, { service })).status
    expect(await ask('')).toBe(2)
    serving = true
    expect([await ask(''), await ask('nodedoctor.v1.Detector')]).toEqual([1, 1])
    await expect(ask('other.Service')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    client.close()
  })

  it('tells watchers at each change, and of a service that is not here', async () => {
    await using socket = await testSocket()
    let serving = false
    const server = await socket.serve({}, { serving: () => serving })
    const client = connectUnix(socket.path)
    const seen: number[] = []
    const watch = (service: string) => client.serverStream(HealthService.watch, { service }, AbortSignal.timeout(5000))
    for await (const { status } of watch('')) {
      seen.push(status)
      if (seen.length === 2) break
      serving = true
      server.healthChanged()
    }
    expect(seen).toEqual([2, 1])
    for await (const { status } of watch('other.Service')) {
      expect(status).toBe(3)
      break
    }
    client.close()
  })

  it('does not hold the process back when it closes with a watcher', async () => {
    await using socket = await testSocket()
    const server = await socket.serve()
    const client = connectUnix(socket.path)
    for await (const _ of client.serverStream(HealthService.watch, { service: '' }, AbortSignal.timeout(9000)))
      void server.close(8000)
    client.close()
  })
})

describe('reflection', () => {
  it('lets buf curl list and call without any schema', async () => {
    await using socket = await testSocket()
    await socket.serve()
    expect(await buf(socket.path, '--list-methods', 'http://localhost')).toBe(
      [
        'grpc.health.v1.Health/Check',
        'grpc.health.v1.Health/Watch',
        'grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
        'nodedoctor.v1.Detector/Check',
        'nodedoctor.v1.Detector/Clear',
        'nodedoctor.v1.Detector/Forget',
        'nodedoctor.v1.Detector/GetNode',
        'nodedoctor.v1.Detector/ListMonitors',
        'nodedoctor.v1.Detector/WatchNode',
        '',
      ].join('\n'),
    )
    expect(await buf(socket.path, '-d', '{}', 'http://localhost/nodedoctor.v1.Detector/ListMonitors')).toBe('{}\n')
  })

  it.skipIf(spawnSync('grpcurl', ['--version']).error !== undefined)(
    'lets grpcurl list, describe with the comments, and call',
    async () => {
      await using socket = await testSocket()
      await socket.serve()
      const grpcurl = (...args: string[]) => run('grpcurl', ['-plaintext', `unix://${socket.path}`, ...args])
      expect(await grpcurl('list')).toBe(
        'grpc.health.v1.Health\ngrpc.reflection.v1.ServerReflection\nnodedoctor.v1.Detector\n',
      )
      expect(await grpcurl('describe', 'nodedoctor.v1.Health')).toContain(
        '// Whether something is well. Never inferred from True or False.',
      )
      expect(await grpcurl('describe', 'nodedoctor.v1.Nobody')).toContain('not found')
      expect(JSON.parse(await grpcurl('nodedoctor.v1.Detector/GetNode'))).toEqual({})
      expect(JSON.parse(await grpcurl('grpc.health.v1.Health/Check'))).toEqual({ status: 'SERVING' })
    },
  )

  it('answers clients that know only its older name', async () => {
    await using socket = await testSocket()
    await socket.serve()
    const client = connectUnix(socket.path)
    const { serverReflectionInfo } = ServerReflectionService
    const method = { ...serverReflectionInfo, path: serverReflectionInfo.path.replace('.v1.', '.v1alpha.') }
    const asked = client.bidiStream(method, AbortSignal.timeout(5000))
    asked.send({ host: '', messageRequest: { $case: 'fileContainingSymbol', value: 'nodedoctor.v1.Health' } })
    for await (const { messageResponse } of asked.responses) {
      expect(messageResponse?.$case).toBe('fileDescriptorResponse')
      break
    }
    client.close()
  })

  /** The answers to these questions, one after the other on one stream. */
  async function ask(path: string, questions: readonly ServerReflectionRequest['messageRequest'][]) {
    const client = connectUnix(path)
    const stream = client.bidiStream(ServerReflectionService.serverReflectionInfo, AbortSignal.timeout(5000))
    const answers: ServerReflectionResponse['messageResponse'][] = []
    for (const messageRequest of questions) stream.send({ host: '', messageRequest })
    for await (const { messageResponse } of stream.responses) {
      answers.push(messageResponse)
      if (answers.length === questions.length) break
    }
    client.close()
    return answers
  }

  it.each([
    ['nodedoctor.v1.Monitor', 'nodedoctor/v1/monitor.proto'],
    ['nodedoctor.v1.Monitor.Watch', 'nodedoctor/v1/monitor.proto'],
    ['nodedoctor.v1.Observation', 'nodedoctor/v1/types.proto'],
    ['nodedoctor.v1.Observation.entity', 'nodedoctor/v1/types.proto'],
    ['nodedoctor.v1.MetricSample.LabelsEntry', 'nodedoctor/v1/types.proto'],
    ['nodedoctor.v1.Health', 'nodedoctor/v1/types.proto'],
    ['grpc.health.v1.HealthCheckResponse.ServingStatus', 'grpc/health/v1/health.proto'],
    ['google.protobuf.Timestamp', 'google/protobuf/timestamp.proto'],
  ])('knows that %s stands in %s, and gives that file first', async (symbol, file) => {
    await using socket = await testSocket()
    await socket.serve()
    const [bySymbol, byName] = await ask(socket.path, [
      { $case: 'fileContainingSymbol', value: symbol },
      { $case: 'fileByFilename', value: file },
    ])
    expect(bySymbol).toEqual(byName)
    if (bySymbol?.$case !== 'fileDescriptorResponse') throw new Error(`no file: ${JSON.stringify(bySymbol)}`)
    expect(bySymbol.value.fileDescriptorProto[0]?.subarray(2, 2 + file.length).toString()).toBe(file)
  })

  it('gives a file with all that it needs', async () => {
    await using socket = await testSocket()
    await socket.serve()
    const [monitor, timestamp] = await ask(socket.path, [
      { $case: 'fileByFilename', value: 'nodedoctor/v1/monitor.proto' },
      { $case: 'fileByFilename', value: 'google/protobuf/timestamp.proto' },
    ])
    expect(monitor).toMatchObject({ value: { fileDescriptorProto: { length: 3 } } })
    expect(timestamp).toMatchObject({ value: { fileDescriptorProto: { length: 1 } } })
  })

  it('says of what nobody defined that it is not there, also of names that every object has', async () => {
    await using socket = await testSocket()
    await socket.serve()
    const answers = await ask(socket.path, [
      { $case: 'fileContainingSymbol', value: 'nodedoctor.v1.Nobody' },
      { $case: 'fileByFilename', value: 'nobody.proto' },
      { $case: 'fileContainingSymbol', value: 'constructor' },
      { $case: 'fileByFilename', value: '__proto__' },
      {
        $case: 'fileContainingExtension',
        value: { containingType: 'google.protobuf.MessageOptions', extensionNumber: 7 },
      },
      { $case: 'allExtensionNumbersOfType', value: 'nodedoctor.v1.Health' },
      undefined,
    ])
    const words = answers.map((answer) => {
      if (answer?.$case !== 'errorResponse') return answer?.$case
      return `${answer.value.errorCode} ${answer.value.errorMessage}`
    })
    expect(words).toEqual([
      '5 Symbol not found: nodedoctor.v1.Nobody',
      '5 Proto file not found: nobody.proto',
      '5 not found: constructor',
      '5 not found: __proto__',
      '5 Extension not found for symbol google.protobuf.MessageOptions at field 7',
      '5 Extensions not found for symbol nodedoctor.v1.Health',
      '12 this question is not known',
    ])
  })

  it('gives the descriptors only when it is asked for them, and then once', async () => {
    await using socket = await testSocket()
    let read = 0
    await socket.serve(
      {},
      {
        descriptors: () => {
          read++
          return readDescriptors()
        },
      },
    )
    const client = connectUnix(socket.path)
    await client.call(DetectorService.getNode, {})
    expect(read).toBe(0)
    await buf(socket.path, '--list-methods', 'http://localhost')
    await buf(socket.path, '--list-methods', 'http://localhost')
    expect(read).toBe(1)
    client.close()
  })

  it('says so when the descriptors cannot be read, and tries again when asked again', async () => {
    await using socket = await testSocket()
    let missing = true
    await socket.serve(
      {},
      { descriptors: () => (missing ? Promise.reject(new Error('no such file')) : readDescriptors()) },
    )
    const client = connectUnix(socket.path)
    const stream = client.bidiStream(ServerReflectionService.serverReflectionInfo, AbortSignal.timeout(5000))
    const answers = stream.responses[Symbol.asyncIterator]()
    stream.send({ host: '', messageRequest: { $case: 'listServices', value: '' } })
    expect((await answers.next()).value?.messageResponse?.$case).toBe('listServicesResponse')
    stream.send({ host: '', messageRequest: { $case: 'fileContainingSymbol', value: 'nodedoctor.v1.Health' } })
    expect((await answers.next()).value?.messageResponse).toMatchObject({
      $case: 'errorResponse',
      value: { errorMessage: 'the descriptors cannot be read: no such file' },
    })
    client.close()
    missing = false
    expect(await buf(socket.path, '--list-methods', 'http://localhost')).toContain('nodedoctor.v1.Detector/GetNode')
  })
})
