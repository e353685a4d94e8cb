using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Tests.Documents;

/// <summary>What needs no look at the model to be refused is refused before anybody waits for a slot.</summary>
public sealed class DrawingRequestTests
{
    private static readonly DrawingRequest s_request = new() { Model = "sdxl", Prompts = ["A dog."] };

    private static readonly Dictionary<string, DrawingRequest> s_refused = new()
    {
        ["names no model"] = s_request with { Model = "" },
        ["has no prompt"] = s_request with { Prompts = [] },
        ["has no prompt; say"] = s_request with { Prompts = ["A dog.", null!] },
        ["has 1 to 1000 pictures"] = s_request with { Count = 501, Prompts = ["a", "b"] },
        ["this one 0 of each"] = s_request with { Count = 0 },
        ["this one 2147483647 of each"] = s_request with { Count = int.MaxValue, Prompts = ["a", "b", "c"] },
        ["has a NUL"] = s_request with { NegativePrompt = "a\0" },
        ["or more than 131,072 letters"] = s_request with { Prompts = [new string('a', 200_000)] },
        ["A batch has"] = s_request with { Batch = 0 },
        ["a width without a height"] = s_request with { Width = 64 },
        ["null for 'timesteps'"] = s_request with { Timesteps = default },
        ["give one of them"] = s_request with { Timesteps = [399], Guidance = 5 },
        ["guidance is not finite"] = s_request with { Guidance = double.NaN },
        ["leave 'steps' out"] = s_request with { Timesteps = [399], Steps = 1 },
        ["takes 1 to 10,000 steps"] = s_request with { Steps = 0 },
        ["no device 'tpu'"] = s_request with { Device = "tpu" },
        ["no precision 'fp8'"] = s_request with { Precision = "fp8" },
    };

    public static TheoryData<string> Refused => [.. s_refused.Keys];

    [Theory, MemberData(nameof(Refused))]
    public void It_is_refused_with_what_is_wrong(string what) =>
        Assert.Contains(what, Assert.Throws<DisBackException>(s_refused[what].Check).Message, StringComparison.Ordinal);

    [Fact]
    public void The_least_that_can_be_asked_for_is_a_model_and_a_prompt()
    {
        s_request.Check();

        Assert.Equal(1, s_request.Pictures());
        Assert.Equal(["fp32", "bf16", "fp16"], new[] { s_request, s_request with { Device = "cuda:1" }, s_request with { Precision = "fp16" } }
            .Select(request => request.ActualPrecision()));
    }
}
