namespace DisBack.Dashboard.Tests.Browsing;

/// <summary>What the tests train: the real method on a network so small that a run takes seconds, on one thread because tests train side by side.</summary>
internal static class TinySpecs
{
    public const string Teacher = """
        name: tiny
        network: { img_resolution: 14, img_channels: 1, label_dim: 10, model_channels: 8, channel_mult: [1], num_blocks: 1, attn_resolutions: [], dropout: 0 }
        data: { source: digits, resolution: 14 }
        training: { steps: 10, batch: 16 }
        checkpoints: { every: 5 }
        """;

    /// <summary>An experiment of some steps of 20 ms or so, which is evaluated on its way.</summary>
    public static string Experiment(string name, int steps = 60) => $$"""
        name: {{name}}
        teacher: tiny
        recording: { steps: 8, batch: 4, nodes: { policy: every, interval: 4 } }
        backtracking: { steps: {{steps}}, batch: 4, switching: { policy: fixed, interval: 20 } }
        checkpoints: { every: 20, keep: 3 }
        evaluation: { every: 20, samples: 100, final_samples: 100, reference: { source: digits, resolution: 14 } }
        hardware: { threads: 1 }
        """;

    /// <summary>A grid over three rates and some seeds, whose trials walk one trajectory and take a moment each.</summary>
    public static string Rates(string name, string seeds) => $$"""
        name: {{name}}
        teacher: tiny
        recording: { steps: 4, batch: 4, seed: 0, nodes: { policy: every, interval: 4 } }
        backtracking: { steps: 10, batch: 4, switching: { policy: fixed, interval: 5 } }
        checkpoints: { every: 10 }
        evaluation: { every: 0, samples: 100, final_samples: 100, reference: { source: digits, resolution: 14 } }
        hardware: { threads: 1 }
        search:
          sampler: grid
          objective: { metric: fid }
          space:
            backtracking.generator.learning_rate: [0.0001, 0.001, 0.01]
            seed: [{{seeds}}]
        """;

    /// <summary>A sweep whose trials are pruned at step 20, for no student is as good as it asks for.</summary>
    public static string Bounded(string name) => $$"""
        {{Experiment(name, steps: 6000)}}
        search:
          sampler: grid
          objective: { metric: fid }
          stopping: { rule: bound, by: steps, at: 20, worst: 0.001 }
          space: { seed: [0, 1] }
        """;

    /// <summary>A grid of four over a rate and a seed.</summary>
    public static string Sweep(string name) => $$"""
        {{Experiment(name)}}
        search:
          sampler: grid
          objective: { metric: fid }
          space:
            backtracking.generator.learning_rate: [0.0001, 0.0003]
            seed: [0, 1]
        """;
}
