using System.ComponentModel;

namespace DisBack.Specs.Backtracking;

/// <summary>Plain Eq. (8): what is pushed into an image is (D_fake - D_target) / sigma^2.</summary>
[Description("Plain Eq. (8): what is pushed into an image is (D_fake - D_target) / sigma^2.")]
public sealed record ScoreSettings : ScoreMatchingSettings;
