<?php
// A server of Laravel's own Eloquent and hashing whose one page is protected as Sanctum would protect it; POST /sign-in answers a right
// password with a token for this device. Run once with the database's path, it makes the database and prints what its clients know;
// PHP's built-in server runs it for each request.
if (PHP_SAPI === 'cli') {
    $email = 'ann@example.com';
    User::create(['name' => 'Ann', 'email' => $email, 'password' => $bcrypt->make($password)]);
    $expired = issue(secret(), ['*'], Carbon::now()->subMinute());
    $credentials = ['email' => $email, 'password' => $password, 'device_name' => 'phone'];
    exit(json_encode(['header' => 'Bearer', 'sign_in' => $credentials, 'refused' => [$expired]]));
}

function answer(int $status, array $value): void
{
    http_response_code($status);
    header('Content-Type: application/json');
    echo json_encode($value);
}

function sign_in(BcryptHasher $hasher): void
{
    $sent = json_decode(file_get_contents('php://input'), true);
    $user = User::firstWhere('email', $sent['email'] ?? '');
    if (!$user || !$hasher->check($sent['password'] ?? '', $user->password)) {
        answer(422, ['message' => 'The provided credentials are incorrect.']);
        return;
    }
    answer(200, ['token' => issue(secret(), ['*'], Carbon::now()->addYear(), name: $sent['device_name'])]);
}

function protected_page(): void
{
    $is_bearer = preg_match('/^Bearer (.+)$/', $_SERVER['HTTP_AUTHORIZATION'] ?? '', $found) === 1;
    $token = $is_bearer ? accepted($found[1]) : null;
    $token ? answer(200, ['who' => User::find($token->tokenable_id)->email]) : answer(401, ['message' => 'Unauthenticated.']);
}

match ($_SERVER['REQUEST_METHOD'] . ' ' . $_SERVER['REQUEST_URI']) {
    'POST /sign-in' => sign_in($bcrypt),
    'GET /protected' => protected_page(),
    default => answer(404, []),
};
