/**
 * Serves the built page and one scene: `/status`, `/stream`, `/history` as the exporter does, with its policy. The
 * scene's time goes on from its own now. A script may change the facts, cut the stream, or be gone altogether.
 *
 * By hand: `tsx test/page/scene-server.ts <scene> [port]`.
 */
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { createViewMemo, diffNodeViews, type NodeFacts, type NodeView, renderNodeView, type StreamMessage } from '#view'
import { historyOf, NOW, type Range, SCENES, type Scene, type SceneName } from './scenes.ts'
import { samplesAt } from './values.ts'

/** As the exporter sends it with the page. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}

const BEAT_MS = 3000

export interface SceneServer {
  readonly url: string
  /** Paths that were asked for, in order. */
  readonly asked: readonly string[]
  /** Readers of the stream now. */
  readers(): number
  /** The facts become others; readers get the change. */
  change(facts: (before: NodeFacts) => NodeFacts): void
  /** Any message to all readers. */
  send(message: StreamMessage): void
  /** Nothing listens any more, as when the process was killed. */
  vanish(): Promise<void>
  /** It listens again at the same place. */
  comeBack(): Promise<void>
  /** Ends all streams; new ones are answered. */
  cutStreams(): void
  /** Streams stay open, and nothing is said on them any more. */
  fallSilent(): void
  /** The scene's time goes on from here. */
  jump(ms: number): void
  close(): Promise<void>
}

export interface SceneServerOptions {
  readonly scene: Scene
  /** Where the page was built to. */
  readonly pageDir: string
  readonly port?: number
}

export async function serveScene({ scene, pageDir, port = 0 }: SceneServerOptions): Promise<SceneServer> {
  let { facts } = scene
  let startedMs = performance.now() - (scene.laterMs ?? 0)
  let sequence = 0
  let listening: Server
  const memo = createViewMemo()
  const readers = new Set<ServerResponse>()
  const asked: string[] = []

  function now(): Date {
    return new Date(NOW.getTime() + performance.now() - startedMs)
  }

  function view(): NodeView {
    // What the agent says of itself goes on.
    const age = performance.now() - startedMs
    const live = facts.detector.state === 'live'
    const detector = live ? { ...facts.detector, lastHeartbeat: new Date(NOW.getTime() + age - 1000) } : facts.detector
    return renderNodeView({ ...facts, detector }, now(), memo)
  }

  function write(response: ServerResponse, message: StreamMessage, id?: string): void {
    response.write(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`)
  }

  function send(message: StreamMessage): void {
    sequence++
    for (const reader of readers) write(reader, message, `s-${sequence}`)
  }

  function stream(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
    response.write('retry: 2000\n\n')
    if (request.headers['last-event-id'] !== `s-${sequence}`)
      write(response, { kind: 'node', node: view() }, `s-${sequence}`)
    readers.add(response)
    response.on('close', () => readers.delete(response))
  }

  function json(response: ServerResponse, value: unknown): void {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(JSON.stringify(value))
  }

  function file(response: ServerResponse, path: string): void {
    const name = join(pageDir, path === '/' ? 'index.html' : path)
    if (!existsSync(name) || path.includes('..')) {
      response.writeHead(404)
      response.end()
      return
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
    })
    response.end(readFileSync(name))
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://scene')
    asked.push(request.url ?? '')
    if (pathname === '/status') json(response, view())
    else if (pathname === '/stream') stream(request, response)
    else if (pathname === '/history') {
      json(response, historyOf(scene.past, (searchParams.get('range') ?? '6h') as Range, now().getTime()))
    } else file(response, pathname)
  }

  async function listen(at: number): Promise<void> {
    listening = createServer(answer)
    listening.listen(at, '127.0.0.1')
    await once(listening, 'listening')
  }

  await listen(port)
  const { port: chosen } = listening!.address() as AddressInfo

  const beats = setInterval(() => {
    const { detector, at } = view()
    for (const reader of readers) {
      write(reader, { kind: 'beat', at, detector })
      // An agent that is silent measures nothing either.
      if (detector.state === 'stale') continue
      write(reader, { kind: 'samples', at, values: samplesAt(scene.past.curves, Date.parse(at)) })
    }
  }, BEAT_MS)

  async function stop(): Promise<void> {
    if (!listening.listening) return
    const closed = once(listening, 'close')
    listening.close()
    listening.closeAllConnections()
    await closed
  }

  return {
    url: `http://127.0.0.1:${chosen}/`,
    asked,
    readers: () => readers.size,
    change(changed) {
      const before = view()
      facts = changed(facts)
      const message = diffNodeViews(before, view())
      if (message !== undefined) send(message)
    },
    send,
    vanish: stop,
    comeBack: () => listen(chosen),
    cutStreams() {
      for (const reader of readers) reader.end()
    },
    fallSilent: () => clearInterval(beats),
    jump(ms) {
      startedMs -= ms
    },
    async close() {
      clearInterval(beats)
      await stop()
    },
  }
}

if (import.meta.main) {
  const [name = 'problems', port = '8099'] = process.argv.slice(2)
  const make = Object.hasOwn(SCENES, name) ? SCENES[name as SceneName] : undefined
  if (make === undefined) throw new Error(`no such scene; there are ${Object.keys(SCENES).join(', ')}`)
  const pageDir = join(import.meta.dirname, '../../dist/page')
  const { url } = await serveScene({ scene: make(), pageDir, port: Number(port) })
  process.stdout.write(`${name} at ${url}\n`)
}
