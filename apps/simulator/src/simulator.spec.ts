import { describeSeeds } from './test/seeds.suite';

describeSeeds(0);
