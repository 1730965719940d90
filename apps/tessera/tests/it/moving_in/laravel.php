<?php
// Makes people by Laravel's own Eloquent and hashing, and has them accept each password. Sanctum is in no Debian package: its table, and
// how it makes and finds a token, follow its documented algorithms. Prints what its clients know.
require 'Illuminate/Database/autoload.php';
require 'Illuminate/Hashing/autoload.php';

use Illuminate\Database\Capsule\Manager;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Hashing\Argon2IdHasher;
use Illuminate\Hashing\BcryptHasher;
use Illuminate\Support\Str;

touch($argv[1]);
$laravel = new Manager();
$laravel->addConnection(['driver' => 'sqlite', 'database' => $argv[1]]);
$laravel->setAsGlobal();
$laravel->bootEloquent();

Manager::schema()->create('users', function (Blueprint $table) {
    $table->id();
    $table->string('name');
    $table->string('email')->unique();
    $table->timestamp('email_verified_at')->nullable();
    $table->string('password');
    $table->rememberToken();
    $table->timestamps();
});
Manager::schema()->create('personal_access_tokens', function (Blueprint $table) {
    $table->id();
    $table->morphs('tokenable');
    $table->string('name');
    $table->string('token', 64)->unique();
    $table->text('abilities')->nullable();
    $table->timestamp('last_used_at')->nullable();
    $table->timestamp('expires_at')->nullable();
    $table->timestamps();
});

class User extends Model
{
    protected $guarded = [];
}

class PersonalAccessToken extends Model
{
    protected $guarded = [];
    protected $casts = ['abilities' => 'json', 'last_used_at' => 'datetime', 'expires_at' => 'datetime'];

    public function tokenable()
    {
        return $this->morphTo();
    }
}

// The real costs would take the tests' machine seconds.
$hashers = ['ann@example.com' => new BcryptHasher(['rounds' => 4]), 'bob@example.com' => new Argon2IdHasher(['memory' => 256, 'time' => 2, 'threads' => 1])];
$password = 'correct horse battery';
foreach ($hashers as $email => $hasher) {
    User::create(['name' => 'N', 'email' => $email, 'password' => $hasher->make($password)]);
    $hasher->check($password, User::firstWhere('email', $email)->password) || throw new Exception('Laravel refuses its own password');
}

// How Sanctum makes a token.
function issue(string $secret, array $abilities, ?string $end, string $type = 'App\\Models\\User'): string
{
    $token = PersonalAccessToken::create([
        'tokenable_type' => $type, 'tokenable_id' => 1, 'name' => 'phone', 'token' => hash('sha256', $secret),
        'abilities' => $abilities, 'expires_at' => $end,
    ]);
    return $token->getKey() . '|' . $secret;
}

// How Sanctum finds one that is presented.
function find(string $presented): ?PersonalAccessToken
{
    if (!str_contains($presented, '|')) {
        return PersonalAccessToken::where('token', hash('sha256', $presented))->first();
    }
    [$id, $secret] = explode('|', $presented, 2);
    $token = PersonalAccessToken::find($id);
    return $token && hash_equals($token->token, hash('sha256', $secret)) ? $token : null;
}

// Since Sanctum 3.3 a secret ends with its checksum; before, it was 40 characters.
$entropy = Str::random(40);
$new = issue($entropy . hash('crc32b', $entropy), ['*'], null);
$old = issue(Str::random(40), ['read'], '2099-01-01 00:00:00');
$expired = issue(Str::random(40), ['*'], '2020-01-01 00:00:00');
$team = issue(Str::random(40), ['*'], null, 'App\\Models\\Team');
$tokens = [$new, $old, explode('|', $new, 2)[1]];
foreach ($tokens as $presented) {
    $found = find($presented) ?? throw new Exception('refused');
    $found->forceFill(['last_used_at' => Illuminate\Support\Carbon::now()])->save();
}
echo json_encode(['tokens' => $tokens, 'refused' => [$expired, $team], 'header' => 'Bearer',
    'login' => array_key_last($hashers), 'password' => $password]);
