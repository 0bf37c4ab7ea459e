/** For everybody: axe finds nothing where it is light. */
import { scanAll } from './axe.ts'
import { createStage } from './stage.ts'

scanAll(createStage(), 'light')
