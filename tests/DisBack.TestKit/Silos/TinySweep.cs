using System.Collections.Immutable;
using System.Text.Json.Nodes;
using DisBack.Contracts.Grains;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;

namespace DisBack.TestKit.Silos;

/// <summary>
/// A sweep of <see cref="TinyExperiment"/> that learns: where its later trials lie depends on every bit that the earlier ones have measured.
/// </summary>
/// <param name="trials">How many it has. The first ten learn nothing.</param>
/// <param name="maxConcurrent">How many are under way at a time.</param>
/// <param name="steps">Steps of stage 2 of each; stage 1 has a third of them.</param>
public sealed class TinySweep(int trials, int maxConcurrent, int steps)
{
    /// <summary>How many trials it has.</summary>
    public int Trials => trials;

    /// <summary>How many of them are under way at a time, at most.</summary>
    public int MaxConcurrent => maxConcurrent;

    /// <summary>What is submitted.</summary>
    /// <param name="name">Its name, on which nothing that comes of it depends.</param>
    /// <param name="teacher">The teacher that <see cref="TinyExperiment.PutTeacherAsync"/> put.</param>
    public SweepSubmission Submission(string name, ContentRef teacher)
    {
        var spec = SpecJson.ToNode(TinyExperiment.Spec(name, teacher, recording: steps / 3, backtracking: steps)).AsObject();
        spec[SweepPlan.SearchKey] = JsonNode.Parse($$"""
            {
              "sampler": "tpe", "seed": 3, "trials": {{trials}}, "max_concurrent": {{maxConcurrent}},
              "space": {
                "backtracking.generator.learning_rate": { "low": 1e-5, "high": 1e-2, "log": true },
                "backtracking.fake.learning_rate": { "low": 1e-5, "high": 1e-2, "log": true },
                "seed": [1, 2, 3]
              }
            }
            """);
        var plan = SweepPlan.Parse(spec.ToJsonString(), name);
        return new SweepSubmission(plan.Name, plan.Canonical, null)
        {
            Teachers = ImmutableSortedDictionary<string, ContentRef>.Empty.Add(teacher.Digest, teacher),
        };
    }
}
