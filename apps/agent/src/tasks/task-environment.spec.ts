import type { TaskAssigned } from '@solyx/contracts/cmo';
import { gpuEnvironment } from './task-environment';

const task = (change: Partial<TaskAssigned['data']>): TaskAssigned['data'] => ({
  ...{ taskId: 'task_1', jobId: 'job_1', organizationId: 'acme', attempt: 1, rank: 0, ranks: 1, nodeId: 'n1' },
  ...{ executor: 'agent', command: ['true'], env: {}, gpuIndexes: [0, 2], cpuMilli: 0, memoryMiB: 0 },
  ...{ stopAfterSeconds: 60, at: '2026-01-01T00:00:00.000Z', ...change },
});

describe('What a task sees of the GPUs', () => {
  it('is whole GPUs by index', () =>
    expect(gpuEnvironment(task({}))).toEqual({
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: '0,2',
      NVIDIA_VISIBLE_DEVICES: '0,2',
    }));

  it('is none where it holds none', () =>
    expect(gpuEnvironment(task({ gpuIndexes: [] }))).toMatchObject({
      CUDA_VISIBLE_DEVICES: '',
      NVIDIA_VISIBLE_DEVICES: 'void',
    }));

  it('is slices by their MIG ids, and never the GPU around them', () => {
    const mig = [{ gpuIndex: 0, profile: '1g.10gb', start: 2, uuid: 'MIG-a' }];
    expect(gpuEnvironment(task({ gpuIndexes: [0], mig }))).toMatchObject({
      CUDA_VISIBLE_DEVICES: 'MIG-a',
      NVIDIA_VISIBLE_DEVICES: 'MIG-a',
      SOLYX_MIG: '1g.10gb',
    });
    const [simulated] = [{ gpuIndex: 0, profile: '1g.10gb', start: 2 }];
    expect(gpuEnvironment(task({ gpuIndexes: [0], mig: [simulated] }))).toMatchObject({ CUDA_VISIBLE_DEVICES: '' });
  });

  it('is its part of each GPU, for MPS, where a pool is shared side by side', () => {
    const pool = { poolId: 'p', sharing: 'spatial' as const, ratio: 4 };
    expect(gpuEnvironment(task({ gpuMilli: 500, pool }))).toMatchObject({
      CUDA_VISIBLE_DEVICES: '0,2',
      CUDA_MPS_ACTIVE_THREAD_PERCENTAGE: '25',
      SOLYX_GPU_POOL: 'p',
    });
  });

  it('is whole GPUs by turns, and how long a turn is', () => {
    const pool = { poolId: 'p', sharing: 'time-sliced' as const, ratio: 4, quantumMs: 20 };
    const env = gpuEnvironment(task({ gpuMilli: 500, pool }));
    expect(env).toMatchObject({ SOLYX_GPU_SHARING: 'time-sliced', SOLYX_GPU_QUANTUM_MS: '20' });
    expect(env).not.toHaveProperty('CUDA_MPS_ACTIVE_THREAD_PERCENTAGE');
  });
});
