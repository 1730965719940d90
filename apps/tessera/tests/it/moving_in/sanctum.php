<?php
// Makes the tables of Laravel and Sanctum by their documented algorithms: Laravel itself cannot be installed everywhere. The
// hashes are PHP's own, as Laravel's are. Prints what its clients know.
$db = new PDO('sqlite:' . $argv[1]);
$db->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
$db->exec('CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR, email VARCHAR, password VARCHAR,
    created_at DATETIME)');
$db->exec('CREATE TABLE personal_access_tokens (id INTEGER PRIMARY KEY AUTOINCREMENT, tokenable_type VARCHAR,
    tokenable_id INTEGER, name VARCHAR, token VARCHAR, abilities TEXT, last_used_at DATETIME, expires_at DATETIME,
    created_at DATETIME)');

$password = 'correct horse battery';
$hashes = ['ann@example.com' => password_hash($password, PASSWORD_BCRYPT, ['cost' => 4])];
if (defined('PASSWORD_ARGON2ID')) {
    $hashes['bob@example.com'] = password_hash($password, PASSWORD_ARGON2ID, ['memory_cost' => 256, 'time_cost' => 2]);
}
$user = $db->prepare("INSERT INTO users (name, email, password, created_at) VALUES ('N', ?, ?, '2024-02-03 04:05:06')");
foreach ($hashes as $email => $hash) {
    $user->execute([$email, $hash]);
}

function word(int $length): string
{
    $letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    return implode('', array_map(fn () => $letters[random_int(0, 61)], range(1, $length)));
}

$token = $db->prepare("INSERT INTO personal_access_tokens
    (tokenable_type, tokenable_id, name, token, abilities, expires_at, created_at) VALUES (?, 1, 'phone', ?, ?, ?, ?)");
$add = function (string $secret, string $abilities, ?string $end, string $type = 'App\\Models\\User') use ($token, $db) {
    $token->execute([$type, hash('sha256', $secret), $abilities, $end, '2024-02-03 04:05:06']);
    return $db->lastInsertId() . '|' . $secret;
};
// Since Sanctum 3.3 a secret ends with its checksum; before, it was 40 characters.
$entropy = word(40);
$new = $add($entropy . hash('crc32b', $entropy), '["*"]', null);
$old = $add(word(40), '["read"]', '2099-01-01 00:00:00');
$expired = $add(word(40), '["*"]', '2020-01-01 00:00:00');
$team = $add(word(40), '["*"]', null, 'App\\Models\\Team');

// What Sanctum does with a token that is presented.
foreach ([$new, $old] as $presented) {
    [$id, $secret] = explode('|', $presented, 2);
    $row = $db->query("SELECT token FROM personal_access_tokens WHERE id = $id")->fetch();
    hash_equals($row['token'], hash('sha256', $secret)) || throw new Exception('refused');
}
echo json_encode(['tokens' => [$new, $old, explode('|', $new, 2)[1]], 'refused' => [$expired, $team], 'header' => 'Bearer',
    'login' => array_key_last($hashes), 'password' => $password]);
