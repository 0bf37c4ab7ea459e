import { expect, test } from 'vitest'
import { productOf } from '../../../cards/card.ts'
import { judgeMemoryErrors } from './memory-errors.ts'
import { lookAt, rowWith } from './testing-judge.ts'

/** What is said of a card whose ECC is off. */
function eccSaid(name: string) {
  const row = rowWith({ 'ecc.mode.current': 'Disabled', 'ecc.mode.pending': 'Disabled' }, { name: productOf(name) })
  return judgeMemoryErrors(lookAt(row), {}).says.find((one) => one?.id === 'ecc-mode')
}

test.each([
  'NVIDIA H100 80GB HBM3',
  'NVIDIA H20-3e',
  'NVIDIA GH200 480GB',
  'NVIDIA GB200',
  'NVIDIA B200',
  'NVIDIA A100X',
  'NVIDIA A40',
  'NVIDIA A30X',
  'NVIDIA A10',
  'NVIDIA A10G',
  'NVIDIA L40S',
  'NVIDIA L20',
  'NVIDIA L4',
  'NVIDIA T4G',
  'Tesla T4',
  'Tesla V100S-PCIE-32GB',
  'Tesla P40',
  'Tesla P4',
  'NVIDIA RTX PRO 6000 Blackwell Server Edition',
])('that ECC is off is told of %s, which comes with it on', (name) => {
  expect(eccSaid(name)).toMatchObject({ level: 'bad', reason: 'EccOff' })
})

test.each([
  'NVIDIA RTX A6000',
  'NVIDIA RTX A500 Laptop GPU',
  'NVIDIA RTX PRO 6000 Blackwell Workstation Edition',
  'NVIDIA GeForce RTX 4090',
  'Quadro P4000',
  'Quadro P400',
  'NVIDIA T400 4GB',
])('%s may have it off', (name) => {
  expect(eccSaid(name)).toMatchObject({ level: 'ok' })
})
