import { expect, it } from 'vitest'
import { expectRefusal, freshName, makeNode, NODES, type Use } from './use.ts'

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'

export function defineTableCases(use: Use): void {
  const table = (query: string) => use().ask('GET', `${NODES}?${query}`, { accept: TABLE })

  it('of nodes say who is ready, and who is cordoned', async () => {
    const lot = freshName('lot')
    const labels = { lot }
    const condition = (status: string) => ({ conditions: [{ type: 'Ready', status }] })
    const names = ['a', 'b', 'c', 'd'].map((letter) => `${lot}-${letter}`)
    await makeNode(use, { metadata: { name: names[0], labels }, status: condition('True') })
    await makeNode(use, { metadata: { name: names[1], labels }, status: condition('Unknown') })
    await makeNode(use, { metadata: { name: names[2], labels }, status: {} })
    await makeNode(use, {
      metadata: { name: names[3], labels },
      spec: { unschedulable: true },
      status: condition('True'),
    })
    const { status, body } = await table(`labelSelector=lot%3D${lot}&includeObject=None`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' })
    expect(body.columnDefinitions.slice(0, 2)).toMatchObject([
      { name: 'Name', type: 'string', format: 'name' },
      { name: 'Status', type: 'string' },
    ])
    expect(body.rows.map(({ cells }: { cells: unknown[] }) => cells.slice(0, 2))).toEqual([
      [names[0], 'Ready'],
      [names[1], 'NotReady'],
      [names[2], 'Unknown'],
      [names[3], 'Ready,SchedulingDisabled'],
    ])
    expect(body.rows[0].object).toBeNull()
  })

  it('have what is asked for beside each row', async () => {
    const { metadata } = await makeNode(use)
    const query = `fieldSelector=metadata.name%3D${metadata.name}`
    const objectOf = async (more: string) => (await table(`${query}${more}`)).body.rows[0].object
    for (const more of ['', '&includeObject=Metadata']) {
      const object = await objectOf(more)
      expect(object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { uid: metadata.uid } })
      expect(object.status).toBeUndefined()
    }
    expect(await objectOf('&includeObject=Object')).toMatchObject({ kind: 'Node', status: {} })
    expectRefusal(await table(`${query}&includeObject=All`), {
      code: 400,
      reason: 'BadRequest',
      message:
        "Unable to convert to Table as requested: includeObject: Invalid value: \"All\": must be 'Metadata', 'Object', 'None', or empty",
    })
  })

  it('come in pages', async () => {
    const lot = freshName('lot')
    for (const letter of ['a', 'b', 'c'])
      await makeNode(use, { metadata: { name: `${lot}-${letter}`, labels: { lot } } })
    const first = await table(`labelSelector=lot%3D${lot}&limit=2`)
    expect(first.body.rows).toHaveLength(2)
    const second = await table(
      `labelSelector=lot%3D${lot}&limit=2&continue=${encodeURIComponent(first.body.metadata.continue)}`,
    )
    expect(second.body.rows.map(({ cells }: { cells: unknown[] }) => cells[0])).toEqual([`${lot}-c`])
    expect(second.body.metadata.continue).toBeUndefined()
  })
}
