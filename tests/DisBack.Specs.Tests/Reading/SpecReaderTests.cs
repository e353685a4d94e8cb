using System.Globalization;
using System.Text;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Tests.Reading;

public sealed class SpecReaderTests
{
    public static TheoryData<string, string> Broken => new()
    {
        { "name: a\ntrainings: {steps: 5}\n", "toy.yaml:2:1: there is no key 'trainings'; expected one of name, seed, training, policy, folders; did you "
            + "mean 'training'?" },
        { "name: a\ntraining:\n  stpes: 5\n", "toy.yaml:3:3: there is no key 'stpes' in 'training'; expected one of steps, rate, betas, clip, channels, dry, "
            + "kind; did you mean 'steps'?" },
        { "name: a\nbetas: [0, 1]\n", "toy.yaml:2:1: there is no key 'betas'; expected one of name, seed, training, policy, folders; did you mean "
            + "'training.betas'?" },
        { "name: a\ntraining: {interval: 5}\n", "toy.yaml:2:12: there is no key 'interval' in 'training'; expected one of steps, rate, betas, clip, channels, "
            + "dry, kind; did you mean 'policy.interval'?" },
        { "seed: 1\n", "toy.yaml:1:1: 'name' is missing; expected lower-case letters, digits and dashes" },
        { "name: A B\n", "toy.yaml:1:7: 'name' is 'A B'; expected lower-case letters, digits and dashes" },
        { "name: a\nname: b\n", "toy.yaml:2:1: 'name' is given twice; line 1 has it already; expected each key once" },
        { "name: a\ntraining: {steps: many}\n", "toy.yaml:2:19: 'training.steps' is 'many'; expected a whole number at least 1" },
        { "name: a\ntraining: {steps: 50k}\n", "toy.yaml:2:19: 'training.steps' is '50k', with the unit 'k' where none belongs; expected a whole "
            + "number at least 1" },
        { "name: a\ntraining: {steps: 2.5}\n", "toy.yaml:2:19: 'training.steps' is '2.5'; expected a whole number at least 1" },
        { "name: a\ntraining: {steps: 0}\n", "toy.yaml:2:19: 'training.steps' is '0'; expected a whole number at least 1" },
        { "name: a\ntraining: {steps: 99999999999}\n", "toy.yaml:2:19: 'training.steps' is '99999999999'; expected a whole number at least 1" },
        { "name: a\ntraining: {steps: \"5\"}\n", "toy.yaml:2:19: 'training.steps' is the quoted text \"5\"; expected a whole number at least 1" },
        { "name: a\ntraining: {steps: null}\n", "toy.yaml:2:19: 'training.steps' is empty; expected a whole number at least 1" },
        { "name: a\ntraining: {steps: [5]}\n", "toy.yaml:2:19: 'training.steps' is a list; expected a whole number at least 1" },
        { "name: a\ntraining: {rate: 0}\n", "toy.yaml:2:18: 'training.rate' is '0'; expected a number above 0" },
        { "name: a\ntraining: {rate: .nan}\n", "toy.yaml:2:18: 'training.rate' is '.nan'; expected a number above 0" },
        { "name: a\ntraining: {betas: [0.1]}\n", "toy.yaml:2:19: 'training.betas' has 1 values; expected a list of 2 numbers, such as [1, 2]" },
        { "name: a\ntraining: {betas: [0.1, 2]}\n", "toy.yaml:2:25: 'training.betas[1]' is '2'; expected a number from 0 to 1" },
        { "name: a\ntraining: {channels: 2}\n", "toy.yaml:2:22: 'training.channels' is '2'; expected one of 1, 3" },
        { "name: a\ntraining: {dry: yes}\n", "toy.yaml:2:17: 'training.dry' is 'yes'; expected true or false" },
        { "name: a\ntraining: {kind: small-and-quik}\n", "toy.yaml:2:18: 'training.kind' is 'small-and-quik'; expected one of small-and-quick, large; did you "
            + "mean 'small-and-quick'?" },
        { "name: a\ntraining: 5\n", "toy.yaml:2:11: 'training' is '5'; expected a section with the keys steps, rate, betas, clip, channels, dry, kind" },
        { "name: a\npolicy: {interval: 5}\n", "toy.yaml:2:9: 'policy.policy' is missing; expected one of never, every" },
        { "name: a\npolicy: {polcy: every}\n", "toy.yaml:2:10: there is no key 'polcy' in 'policy'; expected 'policy'; did you mean 'policy'?" },
        { "name: a\npolicy: {policy: evry, interval: 5}\n", "toy.yaml:2:18: 'policy.policy' is 'evry'; expected one of never, every; did you mean 'every'?" },
        { "name: a\npolicy: {policy: every}\n", "toy.yaml:2:9: 'policy.interval' is missing; expected a whole number from 1 to 1000" },
        { "name: a\npolicy: {policy: never, interval: 5}\n", "toy.yaml:2:25: there is no key 'interval' in 'policy'; expected 'policy'" },
        { "name: a\nfolders: []\n", "toy.yaml:2:10: 'folders' has 0 values; expected a list of at least 1 values, such as [a, b]" },
        { "name: a\nfolders: here\n", "toy.yaml:2:10: 'folders' is 'here'; expected a list of at least 1 values, such as [a, b]" },
        { "name: a\npolicy:\n  policy: every\n  interval: 11\n", "toy.yaml:4:13: the interval 11 is longer than the 10 steps of the training" },
        { "name: a\ntraining:\n  dry: true\n  steps: 200\n", "toy.yaml:4:10: a dry training has at most 100 steps" },
        { "name: a\ntraining:\n\tsteps: 5\n", "toy.yaml:3:1: the line is indented with a tab, which YAML forbids; expected spaces" },
        { "name: [a\n", "toy.yaml:2:1: this is not YAML: while parsing a flow sequence, did not find expected ',' or ']'" },
        { "name: *nowhere\n", "toy.yaml:1:7: this is not YAML: there is no anchor '&nowhere' before this alias" },
        { "name: a\n---\nname: b\n", "toy.yaml:2:1: a second document begins here; expected one spec per file" },
        { "name: {a\n", "toy.yaml:2:1: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'" },
        { "? [a]\n: b\n", "toy.yaml:1:3: this is not YAML: a list or a section is used as a key, where specs have names" },
        { "name: a\ntraining: {<<: 5}\n", "toy.yaml:2:16: the merge key '<<' has something else than sections; expected a section, an alias of one, or a "
            + "list of them" },
        { "name: a\ntraining: {<<: [{steps: 5}, 5]}\n", "toy.yaml:2:16: the merge key '<<' has something else than sections; expected a section, an alias of "
            + "one, or a list of them" },
        { "name: a\nseed: !foo 5\n", "toy.yaml:2:7: the tag '!foo' means nothing in a spec; expected none, !!str, !!int, !!float, !!bool or !!null" },
        { "name: a\nseed: !!str 5\n", "toy.yaml:2:7: 'seed' is the quoted text \"5\"; expected a whole number at least 0" },
        { "name: a\nseed: !!int b\n", "toy.yaml:2:7: 'seed' is 'b'; expected a whole number at least 0" },
        { "name: a\ntraining: !!omap {steps: 5}\n", "toy.yaml:2:11: the tag 'omap' means nothing in a spec; expected none, !!map" },
        { "name: a\nfolders: !!set [a]\n", "toy.yaml:2:10: the tag 'set' means nothing in a spec; expected none, !!seq" },
        { "name: a\nseed: 0x1G\n", "toy.yaml:2:7: 'seed' is '0x1G'; expected a whole number at least 0" },
        { "name: a\0\nseed: 1\n", "toy.yaml:1:8: the character U+0000 stands here, which YAML forbids" },
        { "name: a\nseed: \u001b[2J\n", "toy.yaml:2:7: the character U+001B stands here, which YAML forbids" },
        { "- a\n- b\n", "toy.yaml:1:1: the spec is a list; expected a section with the keys name, seed, training, policy, folders" },
        { "", "toy.yaml:1:1: 'name' is missing; expected lower-case letters, digits and dashes" },
    };

    [Theory, MemberData(nameof(Broken))]
    public void A_broken_spec_says_where_what_and_what_was_expected(string yaml, string message)
        => Assert.Equal(message, Assert.Throws<SpecException>(() => SpecReader.Parse<ToySpec>(yaml, "toy.yaml")).Message);

    [Fact]
    public void Every_mistake_is_reported_in_the_order_it_was_written()
    {
        var problems = Assert.Throws<SpecException>(() => SpecReader.Parse<ToySpec>("sed: 1\ntraining: {steps: 0, rate: x}\npolicy: "
            + "{policy: often}\n", "toy.yaml")).Problems;
        Assert.Equal([(1, 1), (1, 1), (2, 19), (2, 28), (3, 18)], problems.Select(p => ((int)p.Location.Line, (int)p.Location.Column)));
    }

    [Fact]
    public void A_valid_spec_keeps_what_it_says_and_the_defaults_of_what_it_does_not()
    {
        var spec = SpecReader.Parse<ToySpec>("name: a\ntraining: {steps: 1e3, channels: 3, clip: null, kind: large}\npolicy: {interval: 7, "
            + "policy: every}\n", "toy.yaml");
        Assert.Equal(1000, spec.Training.Steps);
        Assert.Equal(1e-3, spec.Training.Rate);
        Assert.Null(spec.Training.Clip);
        Assert.Equal(ToyKind.Large, spec.Training.Kind);
        Assert.Equal(7, Assert.IsType<EveryPolicy>(spec.Policy).Interval);
    }

    [Fact]
    public void Anchors_aliases_and_merge_keys_work()
    {
        var spec = SpecReader.Parse<ToySpec>("name: &n here\nfolders: [*n, *n]\ntraining: {<<: &t {steps: 3, rate: 0.5}, rate: 0.25}\n", "toy.yaml");
        Assert.Equal(["here", "here"], spec.Folders);
        Assert.Equal((3, 0.25), (spec.Training.Steps, spec.Training.Rate));
    }

    [Fact]
    public void The_earlier_section_of_a_merged_list_counts_and_what_is_written_counts_more()
    {
        var spec = SpecReader.Parse<ToySpec>(
            "name: a\ntraining: {<<: [&a {steps: 3, rate: 0.5}, &b {steps: 4, rate: 0.6, channels: 3}], rate: 0.25}\n", "toy.yaml");
        Assert.Equal((3, 0.25, 3), (spec.Training.Steps, spec.Training.Rate, spec.Training.Channels));
    }

    [Theory]
    [InlineData("!!int 31")]
    [InlineData("!!int \"31\"")]
    [InlineData("+31")]
    [InlineData("031")]
    [InlineData("0x1f")]
    [InlineData("0o37")]
    public void Numbers_are_those_of_the_core_schema(string text) =>
        Assert.Equal(31, SpecReader.Parse<ToySpec>($"name: !!str a\nseed: {text}\n", "toy.yaml").Seed);

    [Fact]
    public void An_alias_can_be_a_key() => Assert.Equal(5, SpecReader.Parse<ToySpec>("name: &n seed\n*n : 5\n", "toy.yaml").Seed);

    [Theory]
    [InlineData("utf-8", false)]
    [InlineData("utf-8", true)]
    [InlineData("utf-16", false)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", false)]
    [InlineData("utf-16BE", true)]
    [InlineData("utf-32", true)]
    public void The_first_bytes_tell_the_encoding(string name, bool mark)
    {
        var encoding = Encoding.GetEncoding(name);
        byte[] bytes = [.. mark ? encoding.GetPreamble() : [], .. encoding.GetBytes("name: \u00e9\n")];
        Assert.Equal("name: \u00e9\n", SpecReader.Decode(bytes, "toy.yaml"));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused_where_they_stand() => Assert.Equal(
        "toy.yaml:2:11: the bytes here are no text in UTF-8; expected a file in UTF-8",
        Assert.Throws<SpecException>(() => SpecReader.Decode([.. "name: a\nteacher: d"u8, 0xef, .. "gits"u8], "toy.yaml")).Message);

    [Theory]
    [InlineData("k{0}: 1\n")]
    [InlineData("name: a\n")]
    public void Of_very_many_mistakes_the_first_hundred_are_told(string line)
    {
        var text = "name: a\n" + string.Concat(Enumerable.Range(0, 90_000).Select(i => string.Format(CultureInfo.InvariantCulture, line, i)));
        var problems = Assert.Throws<SpecException>(() => SpecReader.Parse<ToySpec>(text, "toy.yaml")).Problems;
        Assert.Equal(101, problems.Count);
        Assert.Equal("toy.yaml: there are more mistakes than these 100", problems[^1].ToString());
    }

    [Fact]
    public void A_message_does_not_repeat_a_value_of_any_length() =>
        Assert.True(Assert.Throws<SpecException>(() => SpecReader.Parse<ToySpec>($"name: {new string('A', 100_000)}\n", "toy.yaml")).Message.Length < 300);

    [Fact]
    public void Aliases_of_aliases_cost_nothing()
    {
        var bomb = "a0: &a0 [x, x]\n" + string.Concat(Enumerable.Range(1, 60).Select(i => $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n"));
        Assert.Contains("there is no key 'a60'", Assert.Throws<SpecException>(() => SpecReader.Parse<ToySpec>($"name: a\n{bomb}", "toy.yaml")).Message);
    }

    [Fact]
    public void A_section_without_entries_is_its_defaults()
        => Assert.Equal(10, SpecReader.Parse<ToySpec>("name: a\ntraining:\n  # steps: 5\n", "toy.yaml").Training.Steps);

    [Fact]
    public void An_override_replaces_adds_and_creates_sections()
    {
        var spec = SpecReader.Parse<ToySpec>(
            "name: a\nseed: 1\n",
            "toy.yaml",
            ["seed=2", "training.betas=[0.5, 0.9]", "policy={policy: every, interval: 3}", "policy.interval=4", "name=b"]);
        Assert.Equal((2, "b", 4), (spec.Seed, spec.Name, ((EveryPolicy)spec.Policy).Interval));
        Assert.Equal([0.5, 0.9], spec.Training.Betas);
    }

    [Theory]
    [InlineData("training.stepz=5", "--set training.stepz=5: there is no key 'stepz' in 'training'; expected one of steps, rate, betas, clip, channels, dry, "
        + "kind; did you mean 'steps'?")]
    [InlineData("training.steps=x", "--set training.steps=x: 'training.steps' is 'x'; expected a whole number at least 1")]
    [InlineData("steps", "--set steps: this sets nothing; expected key.key=value, for example recording.steps=100")]
    [InlineData("seed.value=1", "--set seed.value=1: 'seed' is a section; expected a whole number at least 0")]
    [InlineData("policy.policy=every", "--set policy.policy=every: 'policy.interval' is missing; expected a whole number from 1 to 1000")]
    public void An_override_that_is_wrong_is_named_instead_of_a_line(string argument, string message)
        => Assert.Equal(message, Assert.Throws<SpecException>(() => SpecReader.Parse<ToySpec>("name: a\nseed: 1\n", "toy.yaml", [argument])).Message);

    [Fact]
    public void Nesting_without_end_is_refused_instead_of_overflowing_the_stack()
        => Assert.Contains(
            "nested more than 32 deep",
            Assert.Throws<SpecException>(() => SpecReader.Parse<ToySpec>("name: " + new string('[', 5000), "toy.yaml")).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task A_pipe_that_nobody_writes_to_is_refused_and_not_waited_for()
    {
        var folder = Directory.CreateTempSubdirectory("disback-pipe-").FullName;
        var path = Path.Combine(folder, "spec.yaml");
        using (var made = System.Diagnostics.Process.Start("mkfifo", [path]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        var refused = Assert.Throws<DisBackException>(() => SpecReader.Read<ToySpec>(path));
        Assert.Contains("it is no regular file but a pipe", refused.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_missing_file_is_one_sentence()
        => Assert.Equal("The spec nowhere.yaml cannot be read: there is no such file; "
            + "check the path.", Assert.ThrowsAny<DisBackException>(() => SpecReader.Read<ToySpec>("nowhere.yaml")).Message);

    /// <summary>Such a text ends the library's parser with an exception about its own state.</summary>
    [Fact]
    public void Flow_collections_that_never_end_are_no_YAML()
    {
        var yaml = $"name: a\ntraining:\n{string.Concat(Enumerable.Repeat("  <<: [{ king:\n", 30))}";
        Assert.Contains("this is not YAML", Assert.Throws<SpecException>(() => SpecReader.Parse<ToySpec>(yaml, "toy.yaml")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_without_an_end_is_read_no_further_than_a_spec_goes() => Assert.Contains(
        "too large for a spec", Assert.Throws<DisBackException>(() => SpecReader.Read<ToySpec>("/dev/zero")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"name\": 1}")]
    [InlineData("{\"name\": \"a\", \"policy\": {\"policy\": \"sometimes\"}}")]
    [InlineData("{\"name\": \"a\", \"policy\": {}}")]
    public void A_stored_spec_that_is_none_is_refused(string json)
    {
        Assert.Contains("stored spec", Assert.Throws<DisBackException>(() => SpecJson.FromJson<ToySpec>(json)).Message, StringComparison.Ordinal);
        if (!json.StartsWith('{'))
        {
            Assert.Contains("stored spec", Assert.Throws<DisBackException>(() => SpecJson.Sections(json)).Message, StringComparison.Ordinal);
        }
        Assert.Throws<DisBackException>(() => SpecJson.Sections("{\"name\": \"\\ud800\"}"));
    }
}
