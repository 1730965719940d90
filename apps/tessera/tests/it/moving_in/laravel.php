<?php
// Makes people by Laravel's own Eloquent and hashing, and has them accept each password; tokens as Sanctum would. Prints what its
// clients know.
$hashers = ['ann@example.com' => $bcrypt, 'bob@example.com' => $argon2id];
foreach ($hashers as $email => $hasher) {
    User::create(['name' => 'N', 'email' => $email, 'password' => $hasher->make($password)]);
    $hasher->check($password, User::firstWhere('email', $email)->password) || throw new Exception('Laravel refuses its own password');
}

$new = issue(secret(), ['*'], null);
$old = issue(Str::random(40), ['read'], '2099-01-01 00:00:00');
$expired = issue(Str::random(40), ['*'], '2020-01-01 00:00:00');
$team = issue(Str::random(40), ['*'], null, 'App\\Models\\Team');
$tokens = [$new, $old, explode('|', $new, 2)[1]];
foreach ($tokens as $presented) {
    accepted($presented) ?? throw new Exception('refused');
}
accepted($expired) === null || throw new Exception('accepted after its end');
echo json_encode(['tokens' => $tokens, 'refused' => [$expired, $team], 'header' => 'Bearer',
    'login' => array_key_last($hashers), 'password' => $password]);
