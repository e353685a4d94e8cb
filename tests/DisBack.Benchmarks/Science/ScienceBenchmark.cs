using System.Collections.Immutable;
using System.CommandLine;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Training;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;

namespace DisBack.Benchmarks.Science;

/// <summary>
/// Answers a question with trials of the product itself: every setting with every arm and seed, in one data folder. Repeating the command goes on where it
/// stopped, and trials that are complete are not run again.
/// </summary>
internal static class ScienceBenchmark
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var file = new Argument<string>("QUESTION") { Description = "A YAML file in tests/DisBack.Benchmarks/Science/Questions." };
        var data = new Option<string>("--data") { DefaultValueFactory = _ => ".science", Description = "The data folder." };
        var output = new Option<string>("--output") { DefaultValueFactory = _ => ".", Description = "Where the table and the figure go." };
        var seeds = new Option<int>("--seeds") { DefaultValueFactory = _ => 5, Description = "Seeds of each arm, from 0." };
        var device = new Option<string>("--device") { DefaultValueFactory = _ => "cpu", Description = "cpu, cuda or cuda:N." };
        var together = new Option<int>("--at-once") { DefaultValueFactory = _ => 1, Description = "How many trials train at once." };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => 2, Description = "libtorch threads of a trial." };
        var command = new Command("science", "Answers a question about the method: a table and a figure over seeds.")
        {
            file, data, output, seeds, device, together, threads,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(file));
            var question = SpecReader.Read<Question>(path);
            var folder = Directory.CreateDirectory(parsed.GetRequiredValue(output)).FullName;
            var options = new EmbeddedOptions
            {
                DataFolder = parsed.GetRequiredValue(data),
                Command = $"bench science {parsed.GetRequiredValue(file)}",
                Log = true,
                Training = training => training.Devices.Add(Accelerators.Open(parsed.GetRequiredValue(device), parsed.GetValue(together))),
            };
            await using var host = await EmbeddedHost.StartAsync(options, new SpecTrainingFactory(), cancellation);
            List<string> hardware = [$"hardware.device={parsed.GetRequiredValue(device)}", $"hardware.threads={parsed.GetValue(threads)}"];
            var trials = new Trials(new GrainControl(host.Grains), new DataFolder(options.DataFolder).Archive, Path.GetDirectoryName(path)!);
            var outcomes = await trials.AnswerAsync(question, parsed.GetValue(seeds), hardware, cancellation);
            await host.StopAsync(cancellation);
            var table = AnswerTable.Of(question, outcomes);
            Console.Write(table);
            await File.WriteAllTextAsync(Path.Combine(folder, $"{question.Name}.md"), table, cancellation);
            AnswerFigure.Save(question, outcomes, Path.Combine(folder, $"{question.Name}.png"));
        });
        return command;
    }

    /// <summary>The trials of questions in one data folder.</summary>
    private sealed class Trials(GrainControl control, IArchive archive, string home)
    {
        public async Task<Dictionary<(AxisCase Setting, AxisCase Arm), IReadOnlyList<Outcome>>> AnswerAsync(
            Question question, int seeds, IReadOnlyList<string> hardware, CancellationToken cancellation)
        {
            if (question.TrainTeacher is { } teacher)
            {
                await TrainAsync(SpecReader.Read<TeacherSpec>(Path.Combine(home, teacher), hardware), cancellation);
            }
            // With more seeds than before the question goes on with the sweep that it has, and with fewer it looks at some of its trials.
            var known = (await archive.SweepsAsync(cancellation)).FirstOrDefault(sweep => sweep.Name == question.Name);
            var plan = question.Plan(home, Math.Max(seeds, known is null ? 0 : Question.SeedsOf(SweepPlan.Parse(known.CurrentSpec, known.Id))), hardware);
            var id = await SubmitAsync(plan, known, cancellation);
            await SettleAsync(id, cancellation);
            var outcomes = new Dictionary<(AxisCase, AxisCase), IReadOnlyList<Outcome>>();
            foreach (var group in (await archive.SweepTrialsAsync(id, cancellation)).Where(trial => trial.Point[Question.Seed] < seeds)
                .OrderBy(trial => trial.Point[Question.Seed])
                .GroupBy(trial => (question.Settings[(int)trial.Point[Question.Setting]], question.Arms[(int)trial.Point[Question.Arm]])))
            {
                outcomes[group.Key] = [.. await Task.WhenAll(group.Select(
                    trial => Outcome.OfAsync(archive, GrainKeys.Trial(id, trial.Ordinal), plan.ExperimentAt(trial.Point).Spec)))];
            }
            foreach (var ((setting, arm), group) in outcomes)
            {
                foreach (var failed in group.Where(outcome => outcome.Failure is not null))
                {
                    Console.Error.WriteLine($"{setting.Name}, {arm.Name}: {failed.Failure}");
                }
            }
            return outcomes;
        }

        private async Task TrainAsync(TeacherSpec spec, CancellationToken cancellation)
        {
            await control.TrainTeacherAsync(spec, cancellation);
            await foreach (var update in control.WatchAsync(RunId.Teacher(spec.Name), cancellationToken: cancellation))
            {
                if (update.Status is RunStatus.Completed)
                {
                    return;
                }
            }
            throw new DisBackException($"The training of the teacher {spec.Name} has not ended well; see its silo.log.");
        }

        private async Task<string> SubmitAsync(SweepPlan plan, SweepDocument? known, CancellationToken cancellation)
        {
            var teacher = plan.ExperimentAt(plan.Probes.First()).Spec.Teacher;
            var submission = new SweepSubmission(plan.Name, plan.Canonical, null)
            {
                Teachers = ImmutableSortedDictionary<string, ContentRef>.Empty
                    .Add(teacher, await new TeacherLibrary(archive).ResolveAsync(teacher, cancellation)),
            };
            if (known is null)
            {
                return await control.SubmitSweepAsync(submission, cancellation);
            }
            await control.AmendSweepAsync(known.Id, submission, cancellation);
            return known.Id;
        }

        private async Task SettleAsync(string id, CancellationToken cancellation)
        {
            for (var shown = -1; ;)
            {
                var sweep = await archive.SweepAsync(id, cancellation);
                var view = SweepView.Of(sweep!, await archive.SweepTrialsAsync(id, cancellation));
                var settled = view.Counts.Where(count => count.Key.IsSettled()).Sum(count => count.Value);
                if (settled != shown)
                {
                    Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {shown = settled} of {view.Trials} trials");
                }
                if (view.IsSettled)
                {
                    return;
                }
                await Task.Delay(s_look, cancellation);
            }
        }
    }
}
