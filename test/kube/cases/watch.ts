import { expect, it } from 'vitest'
import { expectRefusal, freshName, makeNode, NODES, type Use } from './use.ts'

export function defineWatchCases(use: Use): void {
  const version = async () => (await use().get(`${NODES}?limit=1`)).body.metadata.resourceVersion as string
  const only = (name: string) => `fieldSelector=metadata.name%3D${name}`

  it('tell what happens after a version, in order', async () => {
    const name = freshName('watched')
    const watch = await use().watch(
      `${NODES}?watch=true&resourceVersion=${await version()}&${only(name)}&timeoutSeconds=20`,
    )
    await use().post(NODES, { metadata: { name } })
    await use().patch(`${NODES}/${name}/status`, { status: { conditions: [{ type: 'A', status: 'True' }] } })
    await use().delete(`${NODES}/${name}`)
    const seen = [await watch.next(), await watch.next(), await watch.next()]
    watch.close()
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
    expect(seen[0].object).toMatchObject({ kind: 'Node', apiVersion: 'v1', metadata: { name } })
    expect(seen[1].object.status.conditions).toMatchObject([{ type: 'A' }])
    const versions = seen.map(({ object }) => Number(object.metadata.resourceVersion))
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
  })

  it('begin with what there is when they name no version that was', async () => {
    const { metadata } = await makeNode(use)
    const watch = await use().watch(`${NODES}?watch=true&resourceVersion=0&${only(metadata.name)}&timeoutSeconds=20`)
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: metadata.name } } })
    watch.close()
  })

  it('tell of what begins to fit as added, and of what ceases to as deleted', async () => {
    const { metadata } = await makeNode(use)
    const path = `${NODES}/${metadata.name}`
    const label = freshName('label')
    const watch = await use().watch(
      `${NODES}?watch=true&resourceVersion=${await version()}&labelSelector=${label}&timeoutSeconds=20`,
    )
    await use().patch(path, { metadata: { labels: { [label]: '1' } } })
    await use().patch(path, { metadata: { labels: { [label]: '2' } } })
    await use().patch(path, { metadata: { labels: { [label]: null } } })
    const seen = [await watch.next(), await watch.next(), await watch.next()]
    watch.close()
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
  })

  it('end when their time is over', async () => {
    const watch = await use().watch(`${NODES}?watch=true&resourceVersion=${await version()}&timeoutSeconds=1`)
    expect(await watch.next()).toBeUndefined()
  })

  it('of what is no version fail', async () => {
    expectRefusal(await use().get(`${NODES}?watch=true&resourceVersion=abc`), {
      code: 500,
      message: 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    })
  })

  it('tell of events in one namespace alone', async () => {
    const reason = freshName('Reason')
    const path = (namespace: string) => `/api/v1/namespaces/${namespace}/events`
    const list = await use().get(`${path('default')}?limit=1`)
    const query = `watch=true&resourceVersion=${list.body.metadata.resourceVersion}&fieldSelector=reason%3D${reason}&timeoutSeconds=20`
    const watch = await use().watch(`${path('default')}?${query}`)
    const event = (namespace: string) => ({ metadata: { name: freshName('e') }, involvedObject: { namespace }, reason })
    await use().post(path('kube-system'), event('kube-system'))
    await use().post(path('default'), event('default'))
    expect((await watch.next()).object.metadata.namespace).toBe('default')
    watch.close()
  })
}
